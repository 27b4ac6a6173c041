/** What is looked at of an existing project. Paths are relative to the project, with "/". */
export interface ProjectView {
  /** The folder's name. */
  name: string;
  /** All files, sorted and bounded; folders of installed packages and the like are left out. */
  paths: string[];
  /** The text of a file; null where there is none, or where it is no text or too large. */
  read: (path: string) => Promise<string | null>;
}

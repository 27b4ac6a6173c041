/**
 * One folder of the workspace, held so that its entries are reached in exactly this folder, whatever happens meanwhile
 * to the path that led to it. Two kinds exist: held by descriptor (Linux) and by path (elsewhere).
 */
export interface Folder extends AsyncDisposable {
  /** The host path of the folder, as bytes for system calls; never for an answer. */
  readonly location: Buffer;
  /** The host path of an entry. System calls on it must not follow links. */
  child(name: string | Buffer): Buffer;
  /** Opens a folder in this one; fails with ENOTDIR or ELOOP for anything else, links included. */
  open(name: string | Buffer): Promise<Folder>;
  /**
   * Makes sure that the folder is still inside the workspace.
   *
   * @throws ProblemError `path_outside_workspace` when it was moved out, or replaced, since it was opened.
   */
  verify(): Promise<void>;
  /** Writes the folder's own entries to the disk, so that a rename survives a power cut. */
  sync(): Promise<void>;
}

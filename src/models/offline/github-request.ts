/** What a sentence says of something at GitHub, each part in the person's own words. */
export interface GitHubRequest {
  /** "ana/shop", "shop", "the api repo" or an address. */
  repository?: string;
  /** A repository that was named before is meant: "in it", "in that repo". */
  referring?: boolean;
  /** Of issues and pull requests. */
  numbers?: number[];
  branch?: string;
  /** What a new branch starts from. */
  start?: string;
  head?: string;
  base?: string;
  /** Of what is created. */
  name?: string;
  description?: string;
  private?: boolean;
  title?: string;
  body?: string;
  message?: string;
  query?: string;
  method?: 'merge' | 'squash' | 'rebase';
  labels?: string[];
  people?: string[];
  /** Of the workspace. */
  path?: string;
  /** GitHub itself was named. */
  named?: boolean;
  /** It ends in a text without quotation marks, which may be meant to go on. */
  open?: boolean;
}

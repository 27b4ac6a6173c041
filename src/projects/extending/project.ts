import type { GoFacts } from './detect-go.ts';
import type { NodeFacts } from './detect-node.ts';
import type { PythonFacts } from './detect-python.ts';
import type { ProjectView } from './project-view.ts';
import type { Style } from './style.ts';

/** A Rust crate, as far as it has to be known. */
export interface RustFacts {
  kind: 'rust';
  /** The program to start; null for a library. */
  binary: string | null;
  isLocked: boolean;
}

/** A Java project. */
export interface JavaFacts {
  kind: 'java';
  tool: 'maven' | 'gradle';
  /** The script of the tool that the project brings along, or the tool itself. */
  command: string;
  isSpringBoot: boolean;
  version: string;
}

/** Pages that need no build; `root` is the folder of index.html, '' for the project's own. */
export interface StaticFacts {
  kind: 'static';
  root: string;
}

/** What kind of project it is, with what only this kind has. */
export type Stack = NodeFacts | PythonFacts | GoFacts | RustFacts | JavaFacts | StaticFacts;

/** An existing project as the extensions see it. */
export interface Project {
  view: ProjectView;
  /** Null where no known kind was found. */
  stack: Stack | null;
  style: Style;
  /** Its name, on one line. */
  title: string;
  description: string | null;
  /** Who wrote it, as its own files say. */
  author: string | null;
  /** How its kind was told, and the like. */
  assumptions: string[];
}

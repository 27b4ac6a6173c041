/** A file's content, or a folder; `uid` says which folder it is, wherever it goes. */
export type Node = { type: 'file'; content: string } | { type: 'folder'; uid: number };

/** All that is in a workspace, by path. */
export type Tree = ReadonlyMap<string, Node>;

interface ModelChange {
  operation: 'created' | 'replaced' | 'deleted' | 'moved';
  path: string;
  from?: string;
  /** What was at the path and below it, by the path relative to it ("" for itself). */
  before: Tree | null;
  after: Tree | null;
  left?: Tree | null;
  made: string[];
  undone: boolean;
}

/** What a workspace has to be after each operation, said as plainly as possible: nothing here is shared with what it checks. */
export class WorkspaceModel {
  tree = new Map<string, Node>();
  readonly changes: ModelChange[] = [];
  #uids = 0;

  /** Does `operation` wholly or, when it is refused, not at all; answers whether it was done. */
  attempt(operation: (model: this) => void): boolean {
    const saved = new Map(this.tree);
    const count = this.changes.length;
    const undone = this.changes.map((change) => change.undone);
    try {
      operation(this);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.tree = saved;
      this.changes.length = count;
      for (const [index, change] of this.changes.entries()) change.undone = undone[index] ?? false;
      return false;
    }
  }

  write(path: string, content: string): void {
    const present = this.tree.get(path);
    refuseIf(present?.type === 'folder');
    if (present?.type === 'file' && present.content === content) return;
    const before = this.#snapshot(path);
    const made = this.#makeParents(path);
    this.tree.set(path, { type: 'file', content });
    this.#record(before ? 'replaced' : 'created', path, { before, made });
  }

  makeFolder(path: string): void {
    if (this.tree.get(path)?.type === 'folder') return;
    refuseIf(this.tree.has(path));
    const made = this.#makeParents(path);
    this.#newFolder(path);
    this.#record('created', path, { before: null, made });
  }

  remove(path: string, recursive: boolean): void {
    const before = this.#snapshot(path);
    refuseIf(before === null || (before.size > 1 && !recursive));
    this.#take(path);
    this.#record('deleted', path, { before, made: [] });
  }

  move(from: string, to: string, overwrite: boolean): void {
    this.#refuseEnds(from, to, overwrite);
    const before = this.#snapshot(to);
    this.#moveTree(from, to, { before, left: null });
  }

  copy(from: string, to: string, overwrite: boolean): void {
    this.#refuseEnds(from, to, overwrite);
    const source = this.#snapshot(from);
    const before = this.#snapshot(to);
    const isFile = source?.get('')?.type === 'file';
    if (isFile && before && sameContent(source, before)) return;
    const made = this.#makeParents(to);
    this.#put(to, source, true);
    this.#record(isFile && before ? 'replaced' : 'created', to, { before, made });
  }

  undo(index: number): void {
    const change = this.changes[index];
    if (change === undefined) throw new Error(`there is no change ${index}`);
    refuseIf(change.undone);
    const { operation, path, after, before } = change;
    const now = this.#snapshot(path);
    if (operation === 'moved') this.#undoMove(change, now);
    else {
      refuseIf(!isSame(now, after));
      const made = now === null ? this.#makeParents(path) : [];
      this.#take(path);
      this.#put(path, before, false);
      const reverse = { created: 'deleted', deleted: 'created', replaced: 'replaced' } as const;
      if (operation === 'created') this.#clear(change.made);
      this.#record(reverse[operation], path, { before: now, made });
    }
    change.undone = true;
  }

  /** Somebody outside of the server. */
  writeOutside(path: string, content: string): boolean {
    const parent = path.split('/').slice(0, -1).join('/');
    if ((parent !== '' && this.tree.get(parent)?.type !== 'folder') || this.tree.get(path)?.type === 'folder')
      return false;
    this.tree.set(path, { type: 'file', content });
    return true;
  }

  removeOutside(path: string): boolean {
    return this.tree.get(path)?.type === 'file' && this.tree.delete(path);
  }

  #undoMove(change: ModelChange, now: Tree | null): void {
    const { path, from = '', after, before, left = null } = change;
    const isThere = after?.get('')?.type === 'file' ? isSame(now, after) : sameFolder(now, after);
    refuseIf(!isThere || !isSame(this.#snapshot(from), left));
    this.#moveTree(path, from, { before: left, left: before });
    this.#clear(change.made);
  }

  /** Moves what is at one path to another one, and puts `left` where it was. */
  #moveTree(from: string, to: string, { before, left }: { before: Tree | null; left: Tree | null }): void {
    const moved = this.#snapshot(from);
    const made = this.#makeParents(to);
    this.#take(from);
    this.#take(to);
    this.#put(to, moved, false);
    this.#put(from, left, false);
    this.changes.push({
      operation: 'moved',
      path: to,
      from,
      before,
      after: moved,
      left,
      made,
      undone: false,
    });
  }

  #refuseEnds(from: string, to: string, overwrite: boolean): void {
    const source = this.tree.get(from);
    const target = this.tree.get(to);
    refuseIf(source === undefined || from === to || to.startsWith(`${from}/`) || target?.type === 'folder');
    refuseIf(target !== undefined && (source?.type !== 'file' || !overwrite));
  }

  #makeParents(path: string): string[] {
    const names = path.split('/').slice(0, -1);
    const made: string[] = [];
    for (const index of names.keys()) {
      const above = names.slice(0, index + 1).join('/');
      refuseIf(this.tree.get(above)?.type === 'file');
      if (this.tree.has(above)) continue;
      this.#newFolder(above);
      made.push(above);
    }
    return made;
  }

  #newFolder(path: string): void {
    this.#uids += 1;
    this.tree.set(path, { type: 'folder', uid: this.#uids });
  }

  #clear(made: string[]): void {
    for (const path of made.toReversed()) {
      if (this.#snapshot(path)?.size === 1 && this.tree.get(path)?.type === 'folder') this.tree.delete(path);
    }
  }

  #snapshot(path: string): Tree | null {
    const found = [...this.tree].filter(([name]) => name === path || name.startsWith(`${path}/`));
    return found.length === 0 ? null : new Map(found.map(([name, node]) => [name.slice(path.length), node]));
  }

  #take(path: string): void {
    for (const name of this.#snapshot(path)?.keys() ?? []) this.tree.delete(`${path}${name}`);
  }

  #put(path: string, tree: Tree | null, asCopy: boolean): void {
    for (const [name, node] of tree ?? []) {
      if (asCopy && node.type === 'folder') this.#newFolder(`${path}${name}`);
      else this.tree.set(`${path}${name}`, node);
    }
  }

  #record(
    operation: ModelChange['operation'],
    path: string,
    { before, made }: Pick<ModelChange, 'before' | 'made'>,
  ): void {
    this.changes.push({ operation, path, before, after: this.#snapshot(path), made, undone: false });
  }
}

/** What a workspace refuses. */
class Refused extends Error {}

function refuseIf(isRefused: boolean): void {
  if (isRefused) throw new Refused();
}

function isSame(one: Tree | null, other: Tree | null): boolean {
  if (one === null || other === null) return one === other;
  return sameContent(one, other);
}

function sameContent(one: Tree, other: Tree): boolean {
  return one.size === other.size && [...one].every(([name, node]) => sameNode(node, other.get(name)));
}

function sameNode(one: Node, other: Node | undefined): boolean {
  return one.type === 'file'
    ? other?.type === 'file' && other.content === one.content
    : other?.type === 'folder';
}

function sameFolder(one: Tree | null, other: Tree | null): boolean {
  const [now, then] = [one?.get(''), other?.get('')];
  return now?.type === 'folder' && then?.type === 'folder' && now.uid === then.uid;
}

import { kindOfPath, type Request } from './requests.ts';
import { kindOf } from './schema-values.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;
const MOST_OF_A_KIND = 200;
const NOWHERE = '0192a3b4-c5d6-7e8f-9a0b-1c2d3e4f5a6b';

/** Remembers the ids of what exists, by kind, and fills them into requests. */
export function createIds() {
  const known = new Map<string, string[]>();
  const runOfApproval = new Map<string, string>();

  function remember(kind: string, id: string): void {
    for (const one of [kind, 'any']) {
      const ids = known.get(one) ?? [];
      if (!ids.includes(id)) ids.push(id);
      if (ids.length > MOST_OF_A_KIND) ids.shift();
      known.set(one, ids);
    }
  }

  /** Takes the ids out of an answer's body. */
  function gather(value: unknown, kind: string): void {
    if (typeof value !== 'object' || value === null) return;
    if ('run_id' in value && 'approvals' in value && Array.isArray(value.approvals)) {
      for (const { id } of value.approvals) runOfApproval.set(id, `${value.run_id}`);
    }
    for (const [name, below] of Object.entries(value)) {
      if (typeof below === 'string' && UUID.test(below)) remember(name === 'id' ? kind : kindOf(name), below);
      else gather(below, Array.isArray(below) ? kindOfPath(`/${kind}/${name}`) : kind);
    }
  }

  const pick = (kind: string, place: number): string => {
    const ids = known.get(kind) ?? known.get('any') ?? [];
    return ids[place % Math.max(1, ids.length)] ?? NOWHERE;
  };
  const filled = (text: string) =>
    text.replaceAll(/~(\w+)\.(\d+)~/g, (_, kind: string, place: string) => pick(kind, Number(place)));

  /** The request as it is sent: with the ids of what exists now. */
  function fill(request: Request): Request {
    const body = request.body?.includes('~') ? Buffer.from(filled(request.body.toString())) : request.body;
    const target = filled(request.target).replace(
      /\/runs\/[^/]+\/approvals\/([^/?]+)/,
      (path, approval) =>
        `/runs/${runOfApproval.get(approval) ?? NOWHERE}${path.slice(path.indexOf('/approvals'))}`,
    );
    return { ...request, target, body };
  }

  return { gather, fill };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type Asking, createBenchClient } from '../support/client.ts';
import { besideFloor, median, percentile, round } from '../support/figures.ts';
import { cpuMs, memoryMiB, type Program } from '../support/programs.ts';
import { type Place, serviceOf, startFloor, startModel, startOurs } from '../support/scene.ts';
import { sentence } from '../support/sentences.ts';

/** What goes on after an answer, such as its embedding, is part of the turn. */
const AFTERMATH_MS = 400;
const LOADS = [32, 256];

/** A way of asking that is measured. */
interface Target {
  name: string;
  program: Program;
  asking: (user: string, query: string) => Asking;
  /** What a question begins with. */
  opening?: string;
  latencies: number[];
  cpu: number[];
  statements: number[];
  throughput: Record<number, number[]>;
  /** Of answers under load, all rounds together. */
  loaded: Record<number, number[]>;
  memory: { rest: number; peak: number };
}

interface Measure {
  rounds: number;
  /** Turns of one target in a round, one after the other. */
  turns: number;
  /** How long each load lasts in a round, in milliseconds. */
  loadMs: number;
}

/** Measures turns beside the floor: all targets take turns in each round, so that what else the machine does meets them all. */
export async function measureTurns(place: Place, measure: Measure) {
  const model = await startModel();
  const floor = await startFloor(place, model);
  const ours = await startOurs(place, model);
  const targets = await targetsOf(floor, ours);
  try {
    for (const target of targets) {
      await takeTurns(target, measure.turns);
      target.memory.rest = (await memoryMiB(target.program.pid)).now;
    }
    for (const target of targets) Object.assign(target, { latencies: [], cpu: [], statements: [] });
    for (let turn = 0; turn < measure.rounds; turn += 1) {
      for (const target of targets) await takeTurns(target, measure.turns);
      for (const target of targets.filter(({ name }) => name === 'floor' || name === 'hybrid')) {
        for (const connections of LOADS) await load(target, connections, measure.loadMs);
      }
    }
    for (const target of targets) target.memory.peak = (await memoryMiB(target.program.pid)).peak;
    return figuresOf(targets);
  } finally {
    for (const program of [ours, floor, model]) await program.stop();
  }
}

async function targetsOf(floor: Program, ours: Program): Promise<Target[]> {
  const ask = await serviceOf(ours);
  const target = (name: string, program: Program, asking: Target['asking'], opening?: string): Target => ({
    ...{ name, program, asking, latencies: [], cpu: [], statements: [], throughput: {}, loaded: {} },
    memory: { rest: 0, peak: 0 },
    ...(opening === undefined ? {} : { opening }),
  });
  const mode =
    (memory: string, more: object = {}) =>
    (user: string, query: string) =>
      ask(`${memory} ${user}`, { query, memory, ...more });
  return [
    target('floor', floor, (user, query) => ({
      url: `${floor.url}/ask`,
      headers: { 'x-user-id': user },
      body: { query },
    })),
    target('recent', ours, mode('recent')),
    target('similar', ours, mode('similar')),
    target('hybrid', ours, mode('hybrid')),
    target('hybrid, streamed', ours, mode('hybrid', { stream: true })),
    target('hybrid, one delegation', ours, mode('hybrid'), 'Delegate: '),
  ];
}

let asked = 0;

function question({ opening = '' }: Target): string {
  asked += 1;
  return opening + sentence(asked);
}

/** Turns one after the other. */
async function takeTurns(target: Target, turns: number): Promise<void> {
  const client = createBenchClient(1);
  const { pid, statements } = target.program;
  const [cpuBefore, statementsBefore] = [await cpuMs(pid), await statements()];
  for (let turn = 0; turn < turns; turn += 1) {
    const asking = target.asking(`one user of ${target.name}`, question(target));
    const began = performance.now();
    await client.post(asking);
    target.latencies.push(performance.now() - began);
  }
  await sleep(AFTERMATH_MS);
  target.cpu.push(((await cpuMs(pid)) - cpuBefore) / turns);
  target.statements.push(((await statements()) - statementsBefore) / turns);
  client.close();
}

/** Turns side by side, one user on each connection. */
async function load(target: Target, connections: number, milliseconds: number): Promise<void> {
  const client = createBenchClient(connections);
  const until = performance.now() + milliseconds;
  let answered = 0;
  target.loaded[connections] ??= [];
  const latencies = target.loaded[connections];
  const work = async (_: unknown, number: number) => {
    while (performance.now() < until) {
      const began = performance.now();
      await client.post(target.asking(`user ${number} of ${connections}`, question(target)));
      latencies.push(performance.now() - began);
      answered += 1;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, work));
  target.throughput[connections] ??= [];
  target.throughput[connections].push((answered / (performance.now() - began)) * 1_000);
  client.close();
  await sleep(AFTERMATH_MS);
}

function figuresOf(targets: Target[]) {
  const [floor] = targets;
  if (!floor) return {};
  const at = (target: Target, share: number) => percentile(target.latencies, share);
  return Object.fromEntries(
    targets.map((target) => [
      target.name,
      {
        'p50 ms': besideFloor(at(target, 0.5), at(floor, 0.5)),
        'p95 ms': besideFloor(at(target, 0.95), at(floor, 0.95)),
        'p99 ms': besideFloor(at(target, 0.99), at(floor, 0.99)),
        'CPU ms': besideFloor(median(target.cpu), median(floor.cpu)),
        statements: round(median(target.statements)),
        ...Object.fromEntries(
          LOADS.flatMap((connections) => {
            const [own, least] = [target, floor].map(({ throughput }) =>
              median(throughput[connections] ?? []),
            );
            if (own === undefined || least === undefined || Number.isNaN(own)) return [];
            const loaded = target.loaded[connections] ?? [];
            return [
              [`turns/s at ${connections}`, besideFloor(own, least)],
              [`p99/p50 at ${connections}`, round(percentile(loaded, 0.99) / median(loaded))],
            ];
          }),
        ),
        'MiB at rest, peak': `${target.memory.rest}, ${target.memory.peak}`,
      },
    ]),
  );
}

import type { NativeSession, NativeSessionClass } from '../seams/library.js';
import { messageOf } from '../../../model/errors.js';
import { median as medianOf } from '../../../model/median.js';
import { smallModel } from '../load/write-model.js';
import { ARM, SLOT } from './addon.js';
import { decodeProfile, decodeRuns, type ProfileNode, type RunProfile } from './decode-profile.js';
import type { ProfilerShare } from './layout.js';
import type { PrivateFolder } from './private-folder.js';
import type { TracedThread } from './tracer.js';

/** Kernels of the chain: enough for a median, few enough for a run of a tenth of a millisecond. */
const CHAIN_LENGTH = 64;
/** Of the tensor that runs through it. */
const CHAIN_SHAPE: readonly number[] = [4, 8, 16];
const LAST = `x${CHAIN_LENGTH}`;

const WARM_UP = 4;
const PLAIN_RUNS = 15;
const TRACED_RUNS = 4;

/** Options of a session that decide how its runs are made, and so what the profiler takes of them. */
const RUN_OPTIONS = ['intraOpNumThreads', 'interOpNumThreads', 'executionMode', 'enableCpuMemArena', 'enableMemPattern', 'extra'] as const;

/** A chain of additions, which take next to nothing, as a session that can be run plain and profiled. */
export interface Chain {
  /** Nanoseconds of one run. */
  plain(): number;
  /** Kernels of each of so many profiled runs. */
  profiled(runs: number): readonly (readonly ProfileNode[])[];
  close(): void;
}

/**
 * What the profiler takes of each kernel: the texts that it makes of shapes and memory lie within the kernel's own time. A chain
 * is run profiled and plain with the session's own options for threads; the difference is the profiler's. What a plain run spends
 * between kernels counts as theirs. Takes some 10 ms, and no run of the user's.
 *
 * @param times of the profile
 * @throws when the chain does not run, or leaves no profile
 */
export function measureProfilerShare(chain: Chain, times: 'nanos' | 'micros'): ProfilerShare {
  try {
    for (let warm = 0; warm < WARM_UP; warm++) chain.plain();
    const plain = median(Array.from({ length: PLAIN_RUNS }, () => chain.plain())) / CHAIN_LENGTH;
    const runs = chain.profiled(TRACED_RUNS);
    const unitNanos = times === 'nanos' ? 1 : 1000;
    // Whole microseconds are cut off: only a mean of many tells what lies between them.
    const typical = (of: (nodes: readonly ProfileNode[]) => readonly number[]): number =>
      unitNanos * (times === 'nanos' ? median(runs.flatMap(of)) : median(runs.map((nodes) => mean(of(nodes)))));
    const inside = typical((nodes) => nodes.map(({ duration }) => duration));
    return { insideNanos: Math.max(0, inside - plain), outsideNanos: typical(gaps) };
  } finally {
    chain.close();
  }
}

/**
 * The chain in one session, of which single runs are profiled by the add-on.
 *
 * @param options of the user's session, as it was made with
 */
export function tracedChain(
  { addon, folder }: TracedThread,
  Session: NativeSessionClass,
  options: Options,
  times: 'nanos' | 'micros',
): Chain {
  const { slots } = addon;
  const session = openChain(Session, options);
  addon.setPrefix(folder.prefix);
  const run = (arm: number): void => {
    slots[SLOT.arm] = arm;
    session.run(...RUN);
  };
  return {
    plain: () => {
      run(ARM.off);
      return (slots[SLOT.runEnd] ?? 0) - (slots[SLOT.runStart] ?? 0);
    },
    profiled: (runs) =>
      Array.from({ length: runs }, () => {
        run(ARM[times]);
        return decodeProfile(folder.take() ?? '').nodes;
      }),
    close: () => {
      folder.empty();
      session.dispose?.();
    },
  };
}

/** The chain in two sessions, one of them profiled for its whole life. */
export function profiledChain(Session: NativeSessionClass, options: Options, folder: PrivateFolder): Chain {
  const session = openChain(Session, options);
  return {
    plain: () => {
      const start = performance.now();
      session.run(...RUN);
      return (performance.now() - start) * 1e6;
    },
    profiled: (runs) => {
      const profiled = openChain(Session, options, profilingInto(folder));
      for (let run = 0; run < WARM_UP + runs; run++) profiled.run(...RUN);
      return takeProfile(profiled, folder)
        .slice(WARM_UP)
        .map(({ nodes }) => nodes);
    },
    close: () => {
      folder.empty();
      session.dispose?.();
    },
  };
}

/** Options of a session that is profiled for its whole life. */
export const profilingInto = (folder: PrivateFolder): Options => ({ enableProfiling: true, profileFilePrefix: folder.prefix });

/** Ends a session that was profiled: its runs, in order. @throws NoProfile, or ProfileError where what it left cannot be read */
export function takeProfile(session: OwnSession, folder: PrivateFolder): readonly RunProfile[] {
  try {
    session.endProfiling?.();
    const text = folder.take();
    if (text === null) throw new NoProfile('it left no profile');
    return decodeRuns(text);
  } finally {
    session.dispose?.();
  }
}

/** A session that was to be profiled and was not: bindings before 1.21 do not hand the option on. */
export class NoProfile extends Error {
  override readonly name = 'NoProfile';
}

/** A session that nobody else has. */
export type OwnSession = NativeSession & { endProfiling?(): void; dispose?(): void };

type Options = Readonly<Record<string, unknown>>;

const ELEMENTS = CHAIN_SHAPE.reduce((product, length) => product * length, 1);
/** Feeds, outputs and options of each run. */
const RUN = [
  { x0: { type: 'float32', data: new Float32Array(ELEMENTS), dims: CHAIN_SHAPE, location: 'cpu' } },
  { [LAST]: null },
  {},
] as const;

function openChain(Session: NativeSessionClass, options: Options, profiling: Options = {}): OwnSession {
  const session: OwnSession = new Session();
  const { buffer, byteOffset, byteLength } = copied(chain());
  session.loadModel(buffer, byteOffset, byteLength, {
    ...runOptionsOf(options),
    ...profiling,
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  });
  return session;
}

/** Where it could not be measured. */
export const noShareSentence = (error: unknown): string =>
  `Kernel times hold what the profiler of ONNX Runtime takes, some microseconds each, because that could not be measured (${messageOf(error)}).`;

/** Of what was measured here, and so is not empty: a chain that left no kernel is no measurement. */
function median(values: readonly number[]): number {
  const middle = medianOf(values);
  if (middle === null) throw new Error('the runs of the chain left no kernels');
  return middle;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Between one kernel's end and the next one's start. */
const gaps = (nodes: readonly ProfileNode[]): readonly number[] =>
  nodes.slice(1).map((node, index) => {
    const before = nodes[index];
    return before === undefined ? 0 : Math.max(0, node.start - before.start - before.duration);
  });

/** Additions of a tensor to itself, one after the other. */
const chain = (): Uint8Array =>
  smallModel(
    Array.from({ length: CHAIN_LENGTH }, (_, index) => ({ op: 'Add', inputs: [`x${index}`, `x${index}`], output: `x${index + 1}` })),
    [['x0', CHAIN_SHAPE]],
    [[LAST, CHAIN_SHAPE]],
  );

/** Apart from Node's pool of small buffers: the binding takes the whole ArrayBuffer. */
const copied = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

export function runOptionsOf(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(RUN_OPTIONS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}

import type { NativeSession, NativeSessionClass } from '../seams/library.js';
import { median as medianOf } from '../../../model/median.js';
import { smallModel } from '../load/write-model.js';
import { ARM, SLOT } from './addon.js';
import { decodeProfile, type ProfileNode } from './decode-profile.js';
import type { ProfilerShare } from './layout.js';
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

/**
 * What the profiler takes of each kernel: the texts that it makes of shapes and memory lie within the kernel's own time. A chain
 * of additions, which take next to nothing, is run traced and plain with the session's own options for threads; the difference
 * is the profiler's. What a plain run spends between kernels counts as theirs. Takes some 10 ms, and no run of the user's.
 *
 * @param options of the user's session, as it was made with
 * @throws when the chain does not run, or leaves no profile
 */
export function measureProfilerShare(
  { addon, folder }: TracedThread,
  Session: NativeSessionClass,
  options: Readonly<Record<string, unknown>>,
  times: 'nanos' | 'micros',
): ProfilerShare {
  const session: NativeSession & { dispose?(): void } = new Session();
  const { buffer, byteOffset, byteLength } = copied(chain());
  session.loadModel(buffer, byteOffset, byteLength, { ...runOptionsOf(options), graphOptimizationLevel: 'disabled', logSeverityLevel: 3 });
  const elements = CHAIN_SHAPE.reduce((product, length) => product * length, 1);
  const feeds = { x0: { type: 'float32', data: new Float32Array(elements), dims: CHAIN_SHAPE, location: 'cpu' } };
  const { slots } = addon;
  addon.setPrefix(folder.prefix);
  const run = (arm: number): number => {
    slots[SLOT.arm] = arm;
    session.run(feeds, { [LAST]: null }, {});
    return (slots[SLOT.runEnd] ?? 0) - (slots[SLOT.runStart] ?? 0);
  };
  try {
    for (let warm = 0; warm < WARM_UP; warm++) run(ARM.off);
    const plain = median(Array.from({ length: PLAIN_RUNS }, () => run(ARM.off))) / CHAIN_LENGTH;
    const kernels = Array.from({ length: TRACED_RUNS }, () => {
      run(ARM[times]);
      return decodeProfile(folder.take() ?? '').nodes;
    });
    const unitNanos = times === 'nanos' ? 1 : 1000;
    const inside = median(kernels.flatMap((nodes) => nodes.map(({ duration }) => duration * unitNanos)));
    return { insideNanos: Math.max(0, inside - plain), outsideNanos: median(kernels.flatMap(gaps)) * unitNanos };
  } finally {
    folder.empty();
    session.dispose?.();
  }
}

/** Of what was measured here, and so is not empty: a chain that left no kernel is no measurement. */
function median(values: readonly number[]): number {
  const middle = medianOf(values);
  if (middle === null) throw new Error('the runs of the chain left no kernels');
  return middle;
}

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

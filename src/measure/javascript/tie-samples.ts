import type { Recording } from '../../model/recording.js';
import { SCRIPT_BLOCKS } from '../../model/script.js';
import type { ScriptSpan, ScriptStack, ScriptVariant, SpanStep } from '../../model/script.js';
import type { Stage } from '../../model/stage.js';
import type { SampledProfile } from '../../record/v8-sampler.js';
import { spanIndex } from './span-index.js';
import { stackOf, timedSamples, treeOf, type V8Node } from '../../record/v8-profile.js';

/** A stack while its samples are counted. */
interface Counted {
  readonly frames: readonly string[];
  readonly stage: Stage | undefined;
  readonly blocks: number[];
}

interface Building {
  readonly path: readonly SpanStep[];
  readonly stacks: Map<string, Counted>;
}

/** What was sampled while a recording was made. */
export interface SampledRecording {
  readonly recording: Recording;
  readonly sampled: readonly (SampledProfile & {
    /** Root span of the call that had the thread, of each sample in the order of time, -1 for none; without it calls do not overlap. */
    readonly roots?: readonly number[];
  })[];
}

/**
 * Puts each sample into the innermost span that was open when it was taken. Of its stack only what lies below our own
 * innermost function is kept: that function is the wrapper which opened the span, and the spans themselves say what is
 * above.
 *
 * @param recordings their profiles are repaired, so that native operations are named
 * @param isOwn tells our own source files, by their address in the profile
 */
export function tieSamples(
  recordings: readonly SampledRecording[],
  isOwn: (url: string) => boolean,
): Pick<ScriptVariant, 'samples' | 'gcSamples' | 'spans'> {
  const tied: Tied = { spans: new Map(), samples: 0, gcSamples: 0 };
  for (const each of recordings) tieRecording(each, isOwn, tied);
  return {
    samples: tied.samples,
    gcSamples: tied.gcSamples,
    spans: [...tied.spans.values()].map(({ path, stacks: seen }): ScriptSpan => ({ path, stacks: [...seen.values()].map(finished) })),
  };
}

interface Tied {
  readonly spans: Map<string, Building>;
  samples: number;
  gcSamples: number;
}

function tieRecording({ recording, sampled }: SampledRecording, isOwn: (url: string) => boolean, tied: Tied): void {
  const index = spanIndex(recording);
  const inPause = pauseFinder(recording);
  const firstCall = recording.spans.call[0] ?? 0;
  const blockOf = (row: number): number =>
    Math.floor((((recording.spans.call[row] ?? 0) - firstCall) * SCRIPT_BLOCKS) / Math.max(1, recording.calls.length));
  for (const { profile, offsetMicros, roots } of sampled) {
    const tree = treeOf(profile);
    const stacks = new Map<number, { frames: readonly string[]; stage: Stage | undefined }>();
    timedSamples(profile).forEach(({ id, at }, sample) => {
      const nanos = (at - offsetMicros) * 1000;
      const row = roots === undefined ? index.at(nanos) : index.within(roots[sample] ?? -1, nanos);
      if (row < 0) return;
      tied.samples++;
      let stack = stacks.get(id) ?? below(stackOf(tree, id), isOwn);
      stacks.set(id, stack);
      // V8 takes few samples inside of a pause and names them by what ran before; the observer knows the pauses exactly.
      if (inPause(nanos)) stack = { frames: ['(garbage collector)'], stage: 'gc' };
      if (stack.stage === 'gc') tied.gcSamples++;
      add(tied.spans, index.path(row), stack, blockOf(row));
    });
  }
}

const finished = ({ frames, blocks, stage }: Counted): ScriptStack => ({
  frames,
  samples: blocks.reduce((sum, samples) => sum + samples, 0),
  blocks,
  ...(stage === undefined ? {} : { stage }),
});

function add(
  spans: Map<string, Building>,
  path: readonly SpanStep[],
  { frames, stage }: { frames: readonly string[]; stage: Stage | undefined },
  block: number,
): void {
  const key = JSON.stringify(path);
  const span = spans.get(key) ?? { path, stacks: new Map<string, Counted>() };
  spans.set(key, span);
  const stackKey = JSON.stringify([frames, stage]);
  const counted = span.stacks.get(stackKey) ?? { frames, stage, blocks: new Array<number>(SCRIPT_BLOCKS).fill(0) };
  counted.blocks[block] = (counted.blocks[block] ?? 0) + 1;
  span.stacks.set(stackKey, counted);
}

/** The part of a stack below our own innermost function, and what its innermost function is. */
function below(stack: readonly V8Node[], isOwn: (url: string) => boolean): { frames: readonly string[]; stage: Stage | undefined } {
  const leaf = stack.at(-1)?.callFrame;
  if (leaf === undefined) return { frames: [], stage: undefined };
  if (leaf.functionName === '(garbage collector)') return { frames: ['(garbage collector)'], stage: 'gc' };
  // The generated functions around native operations are ours too, but they stand for what they call.
  const last = stack.findLastIndex(({ callFrame }) => isOwn(callFrame.url) && !callFrame.functionName.startsWith('tf_'));
  if (last === stack.length - 1 || isClock(stack.slice(last + 1))) return { frames: ['(inferscope)'], stage: 'tool' };
  return { frames: stack.slice(last + 1).map(stackFrameName), stage: undefined };
}

/** Straight below one of our wrappers, the clock is read for us. */
const isClock = ([first, ...more]: readonly V8Node[]): boolean =>
  more.length === 0 && first?.callFrame.functionName === 'now' && !/^(?:file:|\/)/.test(first.callFrame.url);

/** `function file.js:12`. */
export function stackFrameName({ callFrame: { functionName, url, lineNumber } }: V8Node): string {
  const file = url.split('/').at(-1) ?? '';
  const name = functionName !== '' ? functionName : file === '' ? '(native)' : '(anonymous)';
  return file === '' ? name : `${name} ${file}:${lineNumber + 1}`;
}

/** Whether a moment lies in a garbage collection pause that the performance observer saw. */
function pauseFinder({ gc }: Recording): (nanos: number) => boolean {
  const pauses = [...gc].sort((a, b) => a.startNanos - b.startNanos);
  return (nanos) => pauses.some(({ startNanos, durationNanos }) => nanos >= startNanos && nanos < startNanos + durationNanos);
}

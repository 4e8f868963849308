/**
 * Comparisons of the variants of one run that several processes made: processes are what is counted.
 *
 * A run that was spread over processes (`profile --processes`) took turns in rounds within each: each process gives one
 * estimate. Traces of a service hold calls of other processes before and after a moment, or of either version: these are
 * compared as two runs are.
 */
import type { Remark } from '../model/findings.js';
import type { Recording } from '../model/recording.js';
import { processBlocks, roundBlocks } from './blocks.js';
import { latencySeries } from './latencies.js';
import { pairsRatio } from './compare-pairs.js';
import type { Frame } from './frames.js';
import type { DiffUnit } from './diff.js';
import { gather, type Gathered } from './gather.js';
import { ONLY_LOOK } from './gate-looks.js';
import { processRatio } from './process-ratio.js';
import { latencyRatio, NO_INTERVAL } from './ratio.js';
import { variantFrames } from './variant-frames.js';
import type { Ratio } from '../model/verdict.js';

/** What comparisons of such a run rest on. */
export interface InProcesses {
  readonly unit: DiffUnit;
  /** Candidate ÷ baseline over the processes. */
  ratio(baseline: string, candidate: string, confidence: number): InProcessesRatio;
  /** The call tree of a variant with its mean in each process. */
  frames(key: string): Frame | undefined;
}

/** `remark`: what is to be known about the pair, null where nothing is. */
export interface InProcessesRatio extends Ratio {
  readonly remark: Remark | null;
}

/** Null for a run of one process whose calls took turns in rounds, and for one that does not know its processes. */
export function inProcesses(recordings: readonly Recording[]): InProcesses | null {
  if (recordings.some(({ meta }) => meta.pair !== undefined)) return null;
  const inRounds = recordings.every(({ calls }) => calls.some(({ round }) => round >= 0));
  if (recordings.length > 1 && inRounds) return overRounds(recordings);
  return !inRounds && recordings.some(({ calls }) => calls.some(({ process }) => process !== undefined)) ? overCalls(recordings) : null;
}

function overRounds(recordings: readonly Recording[]): InProcesses {
  const apart = recordings.map((recording) => latencySeries([recording], roundBlocks([recording])));
  return {
    unit: 'pairs',
    ratio: (baseline, candidate, confidence) => {
      const pairs = apart.flatMap((series) => {
        const [a, b] = [series.get(baseline), series.get(candidate)];
        return a === undefined || b === undefined ? [] : [{ log: Math.log(latencyRatio(a, b, confidence).value), error: 0 }];
      });
      return { ...pairsRatio(pairs, ONLY_LOOK), remark: null };
    },
    frames: framesByProcess(gather(recordings, processBlocks(recordings), 'call trees')),
  };
}

function overCalls(recordings: readonly Recording[]): InProcesses {
  const gathered = gather(recordings, processBlocks(recordings), 'call trees');
  const series = latencySeries(recordings);
  return {
    unit: 'processes',
    ratio: (baseline, candidate, confidence) => {
      const [a, b] = [series.get(baseline), series.get(candidate)];
      if (a === undefined || b === undefined) return { value: 1, interval: NO_INTERVAL, basis: 'too-few', remark: null };
      const ratio = processRatio(a, b, confidence);
      return {
        ...ratio,
        remark: ratio.basis === 'too-few' ? null : { kind: 'processes', processes: ratio.processes, withinNoise: ratio.withinNoise },
      };
    },
    frames: framesByProcess(gathered),
  };
}

function framesByProcess(gathered: Gathered): InProcesses['frames'] {
  const frames = new Map(gathered.variants.map((data) => [data.key, variantFrames(data, gathered)]));
  return (key) => frames.get(key);
}

import type { CallRecord, Recording } from '../model/recording.js';

/** Pairs of blocks wanted for an interval; more rounds than this are put together. */
const MAX_BLOCKS = 60;

/** What calls are grouped by where it must be known how much the groups differ: rounds within a run, processes between runs. */
export interface Blocks {
  readonly count: number;
  /** The block of a call of a recording, -1 for one that belongs to none. */
  blockOf(recording: number, call: Pick<CallRecord, 'round' | 'process'>): number;
}

/**
 * Rounds of the interleaved comparison: numbers those (≥ 0) of all recordings in order and spreads them over at most 60
 * blocks. Variants are compared within blocks, so that what drifts between rounds (clock frequency, neighbours, memory)
 * cancels. Warm-up belongs to none.
 */
export function roundBlocks(recordings: readonly Recording[]): Blocks {
  const rank = new Map<string, number>();
  recordings.forEach((recording, index) => {
    const rounds = new Set<number>();
    for (const call of recording.calls) if (call.round >= 0) rounds.add(call.round);
    for (const round of [...rounds].sort((a, b) => a - b)) rank.set(`${index}/${round}`, rank.size);
  });
  const count = Math.min(MAX_BLOCKS, rank.size);
  return {
    count,
    blockOf: (recording, { round }) => {
      const place = rank.get(`${recording}/${round}`);
      return place === undefined ? -1 : Math.floor((place * count) / rank.size);
    },
  };
}

/**
 * Processes, a block each. Processes of one program differ by more than the calls of one do, so between runs they are what
 * is counted. Recordings of several threads of one process are one block.
 */
export function processBlocks(recordings: readonly Recording[]): Blocks {
  const numbers = new Map<string, number>();
  const ofRecording = ({ meta }: Recording, index: number): string => (meta.pid === undefined ? `recording ${index}` : `pid ${meta.pid}`);
  recordings.forEach((recording, index) => {
    for (const { process } of recording.calls) {
      const key = process ?? ofRecording(recording, index);
      if (!numbers.has(key)) numbers.set(key, numbers.size);
    }
  });
  return {
    count: numbers.size,
    blockOf: (recording, { process }) => {
      const of = recordings[recording];
      return of === undefined ? -1 : (numbers.get(process ?? ofRecording(of, recording)) ?? -1);
    },
  };
}

import type { Recording } from '../model/recording.js';

/** Pairs of blocks wanted for an interval; more rounds than this are put together. */
const MOST_BLOCKS = 60;

/**
 * Rounds of the interleaved comparison as blocks: neighbouring rounds share a block when there are many. Variants are
 * compared within blocks, so that what drifts between rounds (clock frequency, neighbours, memory) cancels.
 */
export interface Blocks {
  readonly count: number;
  /** The block of a round of a recording, -1 for warm-up and calls outside of any round. */
  blockOf(recording: number, round: number): number;
}

/** Numbers the rounds (≥ 0) of all recordings in order and spreads them over at most 60 blocks. */
export function blocksOf(recordings: readonly Recording[]): Blocks {
  const rank = new Map<string, number>();
  recordings.forEach((recording, index) => {
    const rounds = new Set<number>();
    for (const call of recording.calls) if (call.round >= 0) rounds.add(call.round);
    for (const round of [...rounds].sort((a, b) => a - b)) rank.set(`${index}/${round}`, rank.size);
  });
  const count = Math.min(MOST_BLOCKS, rank.size);
  return {
    count,
    blockOf: (recording, round) => {
      const place = rank.get(`${recording}/${round}`);
      return place === undefined ? -1 : Math.floor((place * count) / rank.size);
    },
  };
}

/**
 * Tensors that a program keeps, by where they were made, and which of them are a leak.
 *
 * Caches that fill once, models that are loaded once and outputs that are kept for a while are none: a leak goes on. So a
 * group counts only when some of what each later part of the run made is still alive, up to the end.
 */

import { addToGroup } from './add-to-group.js';

/** Where a tensor was made: in an inference call, outside of any, or as a weight of a model. */
export type HeldWhere = 'call' | 'outside' | 'weights';

/** Tensors alive at the end that were made in one kind of place. */
export interface HeldGroup {
  readonly where: HeldWhere;
  /** The model whose weights they are. */
  readonly model?: string;
  readonly tensors: number;
  readonly bytes: number;
  /** Tensors of it by the quarter of the calls in which they were made. */
  readonly quarters: readonly number[];
  /** Calls (loads, of weights) during or after which they were made. */
  readonly occasions: number;
  /** Places in the program's code where most of them were made, `file:line`, as far as was looked; the most frequent first. */
  readonly places: readonly string[];
}

/** What was alive when it was looked at. */
export interface HeldTensors {
  /** Calls until then. */
  readonly calls: number;
  /** Tensors alive then, and when half of the calls were made. */
  readonly alive: number;
  readonly aliveAtHalf: number;
  readonly groups: readonly HeldGroup[];
  /** Number of the copy of tfjs, where a process has several with an engine each (sandboxes of test runners). */
  readonly engine?: number;
}

/** A leak, as far as one can be sure of it. */
export interface Leak extends HeldGroup {
  readonly calls: number;
  /** Tensors that stay per call (per load, of weights), from the second half of the run. */
  readonly perOccasion: number;
}

/** Fewer occasions than this are no pattern. */
const MIN_OCCASIONS = 5;
/** A last quarter that leaves less than this share of the one before is a cache that is filling up. */
const STILL_GROWING = 0.25;

/** The groups that go on growing, the largest first. */
export function leaksIn(held: HeldTensors): readonly Leak[] {
  const { calls, alive, aliveAtHalf, groups } = held;
  return groups
    .filter(({ occasions, quarters }) => {
      const [, second = 0, third = 0, fourth = 0] = quarters;
      const laterHalf = third + fourth;
      const goesOn = Math.min(second, third, fourth) > 0 && fourth >= STILL_GROWING * Math.max(second, third);
      return occasions >= MIN_OCCASIONS && goesOn && alive - aliveAtHalf >= laterHalf / 2;
    })
    .map((group) => ({ ...group, calls, perOccasion: group.where === 'weights' ? group.tensors / group.occasions : rateOf(group, calls) }))
    .sort((a, b) => b.tensors - a.tensors);
}

/** Calls at the border of the halves that may be counted to the other: four that run at once have one number. */
const BORDER_CALLS = 5;

/** Tensors per call from the later half; whole where the border of the halves explains the rest: what each call left, else the nearest. */
function rateOf({ quarters, tensors, occasions }: HeldGroup, calls: number): number {
  const [, , third = 0, fourth = 0] = quarters;
  const rate = (third + fourth) / Math.max(1, calls / 2);
  const isExplained = (whole: number): boolean => Number.isInteger(whole) && Math.abs(rate - whole) * calls <= BORDER_CALLS * whole;
  return [tensors / occasions, Math.round(rate)].find(isExplained) ?? rate;
}

/**
 * Leaks of one kind of several processes, or of several copies of tfjs, as one: what stays per call is that of all their calls
 * together, never the sum over processes.
 */
export function mergeLeaks(leaks: readonly Leak[]): readonly Leak[] {
  const kinds = new Map<string, Leak[]>();
  for (const leak of leaks) addToGroup(kinds, `${leak.where} ${leak.model ?? ''}`, leak);
  return [...kinds.values()].flatMap(mergeKind).sort((a, b) => b.tensors - a.tensors);
}

function mergeKind(leaks: readonly Leak[]): readonly Leak[] {
  const [first, ...others] = leaks;
  if (first === undefined || others.length === 0) return leaks;
  const sum = (of: (leak: Leak) => number): number => leaks.reduce((total, leak) => total + of(leak), 0);
  const occasionsOf = ({ where, calls, occasions }: Leak): number => (where === 'weights' ? occasions : calls);
  const places = [...new Set([...leaks].sort((a, b) => b.tensors - a.tensors).flatMap((leak) => leak.places))];
  return [
    {
      ...first,
      ...{
        places,
        tensors: sum(({ tensors }) => tensors),
        bytes: sum(({ bytes }) => bytes),
        occasions: sum(({ occasions }) => occasions),
        calls: sum(({ calls }) => calls),
      },
      quarters: first.quarters.map((_, at) => sum(({ quarters }) => quarters[at] ?? 0)),
      perOccasion: sum((leak) => leak.perOccasion * occasionsOf(leak)) / Math.max(1, sum(occasionsOf)),
    },
  ];
}

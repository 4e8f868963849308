import { uniformFrom } from '../../model/random.js';
import type { Arrivals } from '../../model/load.js';

/** A load as it is asked for: the moments of a trace are milliseconds from its first. */
export type AskedLoad =
  Exclude<Arrivals, { readonly kind: 'trace' }> | (Extract<Arrivals, { readonly kind: 'trace' }> & { readonly moments: readonly number[] });

/** An open loop: requests come by themselves. */
export type OpenLoad = Exclude<AskedLoad, { readonly kind: 'closed' }>;

/** Random moments at rates that rise until the variant does not keep up any more. */
export interface RisingLoad {
  readonly kind: 'rising';
}

/** Of the rate at which one call follows the other without a gap. */
const RISING_SHARES = [0.25, 0.5, 0.7, 0.8, 0.9, 1, 1.2];

/** The rates that are tried on a variant, ascending. `callNanos`: its median call. */
export const risingRates = (callNanos: number): readonly number[] =>
  RISING_SHARES.map((share) => Number(((share * 1e9) / callNanos).toPrecision(2)));

/** Long enough to see a queue grow. */
const SECONDS = 10;
/** At low rates it lasts until this many are due, so that a p90 can be stated, and no longer than {@link MAX_SECONDS}. */
const ENOUGH_REQUESTS = 100;
const MAX_SECONDS = 30;
/** More would make a recording of tens of megabytes. */
const MAX_REQUESTS = 200_000;

/** How long requests come at this rate. */
export const secondsAt = (perSecond: number): number => Math.min(MAX_SECONDS, Math.max(SECONDS, ENOUGH_REQUESTS / perSecond));

/** Milliseconds from the start at which requests are due, ascending: the same for a seed on every machine. */
export function dueMillis(load: OpenLoad, seed: number): readonly number[] {
  if (load.kind === 'trace') return load.moments.slice(0, MAX_REQUESTS);
  const next = uniformFrom(seed);
  const gap = (): number => (load.kind === 'constant' ? 1 : -Math.log(1 - next())) * (1000 / load.perSecond);
  const end = secondsAt(load.perSecond) * 1000;
  const due: number[] = [];
  for (let at = gap(); at < end && due.length < MAX_REQUESTS; at += gap()) due.push(at);
  return due;
}

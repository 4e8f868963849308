import { keepsUp } from '../../analyse/load.js';
import type { LoadRun, TogetherCall } from '../../model/load.js';
import type { LoadedModel, RunnableVariant } from '../../model/runnable.js';
import { variantKey } from '../../model/variant.js';
import type { VariantRun } from '../call-loop.js';
import { medianOrNaN } from '../rounds.js';
import type { Change } from '../trials/trials.js';
import { LONG_CALL_NANOS, sideOf } from '../trials/trial-rounds.js';
import { risingRates, type AskedLoad, type RisingLoad } from './arrivals.js';
import { runLoad, type RunLoadOptions } from './run-load.js';

/** Requests that one call answers, for the windows of a batching server. */
const TOGETHER = [1, 2, 4, 8, 16, 32];
const TOGETHER_CALLS = 15;
const WARM_UP_CALLS = 3;

export interface LoadsOptions extends Omit<RunLoadOptions, 'load'> {
  readonly load: AskedLoad | RisingLoad;
  /** Requests are as the model was fed: so many rows each. */
  readonly batch: number;
  /** Loads the model with another batch; null where it cannot, or where given inputs decide the batch. */
  readonly withBatch: ((change: Change) => Promise<LoadedModel>) | null;
}

/** The load on the baseline, and on the variant that is fastest without one; rising rates on the latter alone. */
export async function tryLoads(runs: readonly VariantRun[], options: LoadsOptions): Promise<readonly LoadRun[]> {
  const { load, signal } = options;
  const loads: LoadRun[] = [];
  for (const { variant, latencies } of load.kind === 'rising' ? loadedVariants(runs).slice(-1) : loadedVariants(runs)) {
    const asked: readonly AskedLoad[] =
      load.kind === 'rising' ? risingRates(medianOrNaN(latencies)).map((perSecond) => ({ kind: 'poisson', perSecond })) : [load];
    const mine: LoadRun[] = [];
    for (const one of asked) {
      if (signal.aborted || mine.some((run) => !keepsUp(run))) break;
      mine.push(await runLoad(variant, { ...options, load: one }));
    }
    const last = mine.pop();
    if (last === undefined) break;
    const together = last.failure === undefined && load.kind !== 'closed' ? await callsTogether(variant, options) : [];
    loads.push(...mine, together.length < 2 ? last : { ...last, together });
  }
  return loads;
}

function loadedVariants(runs: readonly VariantRun[]): readonly VariantRun[] {
  const running = runs.filter(({ failure, latencies }) => failure === undefined && latencies.length > 0);
  const [baseline] = running;
  const [fastest] = [...running].sort((a, b) => medianOrNaN(a.latencies) - medianOrNaN(b.latencies));
  return [baseline, fastest].filter((run, at, all) => run !== undefined && all.indexOf(run) === at) as VariantRun[];
}

/** Median calls that answer several requests at once, as far as the model takes such a batch and they do not get too long. */
async function callsTogether(variant: RunnableVariant, options: LoadsOptions): Promise<readonly TogetherCall[]> {
  const { withBatch, batch, signal } = options;
  const measured: TogetherCall[] = [];
  for (const requests of TOGETHER) {
    if (withBatch === null || signal.aborted || (measured.at(-1)?.nanos ?? 0) > LONG_CALL_NANOS) break;
    const call = await callOf(variant, requests * batch, withBatch).catch(() => null);
    if (call === null) break;
    measured.push({ requests, nanos: Math.round(call) });
  }
  return measured;
}

/** Median call with so many rows; null where there is no such variant. */
async function callOf(
  { variant }: RunnableVariant,
  batch: number,
  withBatch: NonNullable<LoadsOptions['withBatch']>,
): Promise<number | null> {
  const loaded = await withBatch({ batch });
  try {
    const candidate = loaded.variants.find((one) => variantKey(one.variant) === variantKey(variant));
    if (candidate === undefined) return null;
    await candidate.prepare();
    const side = sideOf(candidate);
    await side(WARM_UP_CALLS);
    return medianOrNaN(await side(TOGETHER_CALLS));
  } finally {
    loaded.dispose();
  }
}

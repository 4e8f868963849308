import type { ColdCall, VariantAnalysis } from '../../model/analysis.js';
import { median } from '../../model/median.js';
import { STAGES, type Stage } from '../../model/stage.js';
import { isCreation } from '../../model/variant.js';
import { heaviestStage, type StageShare } from './variants.js';

/** What was seen of a variant that has no warm call to take figures from. */
export type NotMeasured =
  | ({ readonly kind: 'sessions-only' } & SessionsCreated)
  | { readonly kind: 'no-call' }
  /** `message`: of the first; null where none was told. */
  | { readonly kind: 'all-failed'; readonly errors: number; readonly message: string | null }
  | { readonly kind: 'all-traced'; readonly calls: number; readonly errors: number }
  | ({ readonly kind: 'cold-only'; readonly errors: number } & ColdCalls);

/** Sessions that were created: what that took, which is no call of a model. */
export interface SessionsCreated {
  readonly sessions: number;
  readonly medianNanos: number;
  readonly buildingShare: number;
}

/** Calls that all were cold. */
export interface ColdCalls {
  readonly calls: number;
  /** Those that were the first of a newly loaded model. */
  readonly firsts: number;
  readonly medianNanos: number;
  readonly leastNanos: number;
  readonly mostNanos: number;
  readonly heaviest: StageShare;
}

export function notMeasured(variant: VariantAnalysis): NotMeasured {
  const { timeline, cold, errors } = variant;
  const calls = timeline.length;
  const created = sessionsCreated(variant);
  if (created !== null) return { kind: 'sessions-only', ...created };
  if (calls === 0) return { kind: 'no-call' };
  if (errors === calls) return { kind: 'all-failed', errors, message: timeline.find(({ error }) => error !== undefined)?.error ?? null };
  return cold.length === 0 ? { kind: 'all-traced', calls, errors } : { kind: 'cold-only', errors, ...coldCalls(cold) };
}

/** Null of a variant that is calls of a model. */
function sessionsCreated(variant: VariantAnalysis): SessionsCreated | null {
  const { cold } = variant;
  if (!isCreation(variant) || cold.length === 0) return null;
  return {
    sessions: cold.length,
    medianNanos: median(cold.map(({ latencyNanos }) => latencyNanos)) ?? 0,
    buildingShare: meanStages(cold)['graph-building'].share,
  };
}

function coldCalls(cold: readonly ColdCall[]): ColdCalls {
  const times = cold.map(({ latencyNanos }) => latencyNanos);
  return {
    calls: cold.length,
    firsts: cold.filter(({ temperature }) => temperature === 'cold-session').length,
    medianNanos: median(times) ?? 0,
    leastNanos: times.reduce((least, nanos) => Math.min(least, nanos), Infinity),
    mostNanos: times.reduce((most, nanos) => Math.max(most, nanos), 0),
    heaviest: heaviestStage(meanStages(cold)),
  };
}

/** Mean of each stage; shares are of all of the calls' time. */
function meanStages(cold: readonly ColdCall[]): VariantAnalysis['stages'] {
  const total = cold.reduce((sum, call) => sum + call.latencyNanos, 0);
  const figure = (stage: Stage) => {
    const nanos = cold.reduce((sum, call) => sum + call.stages[stage].nanosPerCall, 0);
    return { nanosPerCall: nanos / cold.length, share: total === 0 ? 0 : nanos / total };
  };
  return Object.fromEntries(STAGES.map((stage) => [stage, figure(stage)])) as Record<Stage, ReturnType<typeof figure>>;
}

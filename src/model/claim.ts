/**
 * Published claims and what this machine says about them. Shared by every runtime that repeats the experiments.
 *
 * Only ratios, shares and counts are compared: seconds belong to a machine.
 */
export const EXPERIMENTS = ['tiny', 'medium', 'paths', 'workarounds', 'retracing'] as const;
export type Experiment = (typeof EXPERIMENTS)[number];

export const CLAIM_VERDICTS = ['holds here', 'does not hold here', 'inconclusive'] as const;
export type ClaimVerdict = (typeof CLAIM_VERDICTS)[number];

/** A figure to be repeated. */
export interface Question {
  /** Stable: `tiny-compiled`, `share-adapter`. */
  readonly id: string;
  readonly experiment: Experiment;
  /** What is measured, in words: `compiled ÷ uncompiled predict`. */
  readonly what: string;
  readonly unit: 'ratio' | 'share' | 'count';
  /** Null where there is no figure to hold ours against. */
  readonly published: number | null;
  /** `published`: with the original question; `repeated`: measured later on the same TensorFlow 2.0.0. */
  readonly source: 'published' | 'repeated';
}

/** Our figure with its interval, or why there is none. A count has no scatter: its interval is itself. */
export type Measurement =
  | { readonly kind: 'figure'; readonly value: number; readonly interval: readonly [number, number]; readonly note?: string }
  | { readonly kind: 'none'; readonly reason: string };

/** A question with its answer. */
export interface Claim extends Question {
  readonly measured: number | null;
  readonly interval: readonly [number, number] | null;
  readonly verdict: ClaimVerdict;
  readonly sentence: string;
}

/** A question with its answer, before it is put into words. */
export interface JudgedClaim extends Omit<Claim, 'sentence'> {
  readonly because:
    | { readonly kind: 'not-measured'; readonly reason: string }
    | { readonly kind: 'unpublished' }
    | { readonly kind: 'limits'; readonly band: Band; readonly note?: string };
}

/** What `inferscope reproduce` gives, whatever ran the experiments. */
export interface Reproduction {
  readonly runtime: string;
  /** What ran them, one line each: TensorFlow, Node.js or Python, CPU. */
  readonly machine: readonly (readonly [what: string, value: string])[];
  readonly claims: readonly Claim[];
  /** What was scaled down or left out, and why. */
  readonly notes: readonly string[];
}

/** Ratios within ± this share of 1 are "no difference"; the published medium figures are 0.3 % apart. */
const EVEN = 0.1;

/**
 * Holds our figure against the published one.
 *
 * An effect holds when the whole interval shows the same direction and at least half of the published size
 * (ratio − 1, of the larger of ratio and 1/ratio), and does not hold when no part of it does. A published "no
 * difference" asks for an interval within ± 10 %. A large share holds from half of it up, a small one (below one half)
 * up to twice. A count must be equal.
 */
export function judge(question: Question, measurement: Measurement): JudgedClaim {
  const { published } = question;
  if (measurement.kind === 'none')
    return {
      ...question,
      measured: null,
      interval: null,
      verdict: 'inconclusive',
      because: { kind: 'not-measured', reason: measurement.reason },
    };
  const { value: measured, interval, note } = measurement;
  if (published === null) return { ...question, measured, interval, verdict: 'inconclusive', because: { kind: 'unpublished' } };
  const band = bandOf(question.unit, published);
  return {
    ...question,
    measured,
    interval,
    verdict: verdictIn(band, interval),
    because: { kind: 'limits', band, ...(note === undefined ? {} : { note }) },
  };
}

export type Band = readonly [low: number, high: number];

/** The values with which a claim holds. */
export function bandOf(unit: Question['unit'], published: number): Band {
  switch (unit) {
    case 'count':
      return [published, published];
    case 'share':
      return published >= 0.5 ? [published / 2, 1] : [0, published * 2];
    case 'ratio': {
      if (published <= 1 + EVEN && published >= 1 / (1 + EVEN)) return [1 / (1 + EVEN), 1 + EVEN];
      const half = 1 + (Math.max(published, 1 / published) - 1) / 2;
      return published > 1 ? [half, Infinity] : [0, 1 / half];
    }
  }
}

function verdictIn([low, high]: Band, interval: readonly [number, number]): ClaimVerdict {
  if (interval[0] >= low && interval[1] <= high) return 'holds here';
  return interval[1] < low || interval[0] > high ? 'does not hold here' : 'inconclusive';
}

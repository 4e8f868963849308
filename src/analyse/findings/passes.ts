import type { CountedPass, OptimiserPass, SessionStep } from '../../model/run-facts.js';

/** What optimising a graph took, by engine. */
export type Optimisation =
  /** Steps of making an ONNX Runtime session. */
  | {
      readonly kind: 'session';
      readonly steps: readonly SessionStep[];
      readonly nanos: number;
      readonly stepNanos: Readonly<Record<SessionStep['step'], number>>;
    }
  /** Passes of TensorFlow's optimiser before the first run. */
  | { readonly kind: 'passes'; readonly passes: readonly CountedPass[]; readonly nanos: number };

const isStep = (pass: OptimiserPass): pass is SessionStep => 'step' in pass;
const isCounted = (pass: OptimiserPass): pass is CountedPass => 'nodeChange' in pass;

const sumOf = (passes: readonly OptimiserPass[]): number => passes.reduce((sum, { nanos }) => sum + nanos, 0);

export function optimisationOf(passes: readonly OptimiserPass[]): Optimisation {
  const steps = passes.filter(isStep);
  if (steps.length === 0) return { kind: 'passes', passes: passes.filter(isCounted), nanos: sumOf(passes) };
  const took = (step: SessionStep['step']): number => sumOf(steps.filter((each) => each.step === step));
  return {
    kind: 'session',
    steps,
    nanos: sumOf(steps),
    stepNanos: { load: took('load'), pass: took('pass'), 'pack-and-plan': took('pack-and-plan') },
  };
}

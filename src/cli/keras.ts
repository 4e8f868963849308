import { engineOf } from '../engines/engines.js';
import type { ProfileKerasOptions } from '../measure/keras/profile-keras.js';
import { DEFAULT_WARMUP } from '../measure/run-plan.js';
import { given } from '../model/given.js';
import type { ModelArguments, RunArguments } from './options.js';

/** True for what only Python can read, or when it was asked for. */
export const isForKeras = (model: string, runtime: string | undefined): boolean => engineOf(model, runtime).runs === 'own-process';

/** Rounds over which `--calls` and `--duration` are spread, so that variants stay interleaved. */
const ROUNDS = 12;

/** Command-line options as the keras runtime takes them; what was not given is left out. */
export function kerasOptionsOf(args: ModelArguments & RunArguments & { readonly python: string | undefined }): ProfileKerasOptions {
  const { batch, shape, input, seed, signature, variants, calls, duration, warmup = DEFAULT_WARMUP, out, python } = args;
  const rounds = calls === undefined ? undefined : Math.min(ROUNDS, calls);
  return given({
    batch,
    shapes: shape,
    inputs: input,
    seed,
    signature,
    variants,
    warmup,
    out,
    python,
    rounds,
    callsPerRound: calls === undefined || rounds === undefined ? undefined : Math.ceil(calls / rounds),
    budgetMillis: duration === undefined ? undefined : duration * 1000 * Math.max(1, variants?.length ?? 1),
  });
}

import type { CompileOptions } from './options.js';
import { movesOf, movesOfAsync } from './sensitivity.js';
import type { Backend, Tensor, Tf } from './tfjs.js';
import { runEagerly, type Traceable } from './trace.js';
import type { Trace } from './trace-model.js';
import { differencesOf, isRounding, judgeDifferences } from './verify.js';

/** One call as both did it, on the same inputs. */
export interface ComparedCall {
  readonly trace: Pick<Trace, 'nodes' | 'outputs'>;
  readonly inputs: readonly Tensor[];
  readonly eager: readonly Tensor[];
  readonly results: readonly Tensor[];
}

interface Checked {
  readonly tf: Tf;
  readonly backend: Backend;
  readonly traceable: Traceable;
  readonly options: Pick<CompileOptions, 'tolerance' | 'xla'>;
  readonly check?: 'values' | 'types';
}

/**
 * Checks a graph's results. Where they differ by more than rounding, the model is called again to see how far its own
 * outputs move.
 * @returns the largest difference of any float output
 * @throws UserError when the graph gives something else than the model
 */
export function verifyCall({ tf, backend, traceable, options, check }: Checked, { trace, inputs, eager, results }: ComparedCall): number {
  const differences = differencesOf(backend, trace, eager, results, check);
  const { tolerance, xla = false } = options;
  if (tolerance !== undefined) return judgeDifferences(differences, { kind: 'given', tolerance });
  const moves = isRounding(differences)
    ? { byOutput: [], factor: 0 }
    : movesOf(backend, inputs, eager, (moved) => runEagerly(tf, traceable, moved));
  return judgeDifferences(differences, { kind: 'own', moves, xla });
}

interface CheckedAsync {
  readonly backend: Backend;
  readonly options: Pick<CompileOptions, 'tolerance'>;
  readonly check: 'values' | 'types';
  /** One call of the model; its results are disposed here. */
  run(inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
}

/** {@link verifyCall} for a model whose calls wait. */
export async function verifyCallAsync(
  { backend, options: { tolerance }, check, run }: CheckedAsync,
  { trace, inputs, eager, results }: ComparedCall,
): Promise<number> {
  const differences = differencesOf(backend, trace, eager, results, check);
  if (tolerance !== undefined) return judgeDifferences(differences, { kind: 'given', tolerance });
  const moves = isRounding(differences) ? { byOutput: [], factor: 0 } : await movesOfAsync(backend, inputs, eager, run);
  return judgeDifferences(differences, { kind: 'own', moves, xla: false });
}

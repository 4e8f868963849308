import type { Leak } from '../../model/held-tensors.js';

/** Tensors that a program keeps: models that are loaded again and again, and what stays with its calls. */
export interface LeakFinding {
  readonly loads: readonly Leak[];
  /** Null where nothing stays with calls. */
  readonly kept: KeptTensors | null;
}

export interface KeptTensors {
  readonly leaks: readonly Leak[];
  readonly tensors: number;
  readonly perCall: number;
  readonly calls: number;
}

export function leakFinding(leaks: readonly Leak[]): LeakFinding {
  const kept = leaks.filter(({ where }) => where !== 'weights');
  return {
    loads: leaks.filter(({ where }) => where === 'weights'),
    kept:
      kept.length === 0
        ? null
        : {
            leaks: kept,
            tensors: kept.reduce((sum, { tensors }) => sum + tensors, 0),
            perCall: kept.reduce((sum, { perOccasion }) => sum + perOccasion, 0),
            calls: Math.max(...kept.map(({ calls }) => calls)),
          },
  };
}

import type { Comparison, VariantAnalysis } from '../../../model/analysis.js';
import { isKerasCall } from './changes.js';
import { atMost, CERTAIN, NOTABLE_SHARE, type Weighed } from './weighed.js';

/** The famous case: a compiled model that is slower. */
export interface SlowerWhenCompiled extends Weighed {
  readonly kind: 'slower-when-compiled';
  readonly comparison: Comparison;
  /** An uncompiled model with the same flag is as slow; null where that was not seen. */
  readonly cause: Comparison | null;
  /** What else was measured against the uncompiled model. */
  readonly remedies: readonly Comparison[];
}

export function slowerWhenCompiled(against: readonly Comparison[]): readonly SlowerWhenCompiled[] {
  const comparison = against.find(
    ({ candidate, verdict, withheld }) => candidate === 'compiled/predict' && verdict === 'slower' && withheld === undefined,
  );
  if (comparison?.baseline !== 'uncompiled/predict') return [];
  const cause = against.find(({ candidate, verdict }) => candidate === 'path-a/predict' && verdict === 'slower') ?? null;
  const remedies = against.filter(({ candidate }) =>
    ['load-without-compile/predict', 'rebuilt/predict', 'path-b/predict'].includes(candidate),
  );
  return [{ kind: 'slower-when-compiled', id: 'keras-compile-false', comparison, cause, remedies, ...CERTAIN }];
}

/** A pipeline of tf.data made anew in each call. */
export interface PipelineEachCall extends Weighed {
  readonly kind: 'pipeline-each-call';
  readonly key: string;
  readonly adapterNanos: number;
  readonly buildingNanos: number;
  readonly share: number;
  /** Calls, and those of them that built the model's graph; null where the pipeline builds none of its own. */
  readonly graphs: { readonly built: number; readonly calls: number } | null;
}

/** Told only where no other way to call was measured to be faster. */
export function pipelineEachCall(
  { key, stages, cold, calls }: VariantAnalysis,
  faster: readonly Pick<Weighed, 'id'>[],
): readonly PipelineEachCall[] {
  const adapter = stages['data-adapter'];
  const building = stages['graph-building'];
  const share = adapter.share + building.share;
  if (share < NOTABLE_SHARE || faster.some(({ id }) => isKerasCall(id))) return [];
  const built = cold.filter(({ causes }) => causes.length > 0).length;
  return [
    {
      kind: 'pipeline-each-call',
      id: 'keras-direct-call',
      ...{ key, share, adapterNanos: adapter.nanosPerCall, buildingNanos: building.nanosPerCall },
      graphs: building.nanosPerCall === 0 || built === 0 ? null : { built, calls: calls + cold.length },
      ...atMost(share),
    },
  ];
}

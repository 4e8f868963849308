import { compiledGraphOf } from '../../engines/tensorflow/graph/compile-to-graph.js';
import type { Tensor } from '@tensorflow/tfjs-node';
import type { Claim, Question } from '../../model/claim.js';
import { judgeClaim } from '../../report/words/claims.js';
import { claimNote, type GraphCause } from '../../report/words/reproduction.js';
import type { TensorFlow } from '../../engines/tensorflow/load/tensorflow.js';
import { RETRACING } from './questions.js';

/** Counts the graphs that a traced function builds for the published kinds of calls, and says what caused each. */
export function retracingClaims(tf: TensorFlow): Claim[] {
  const x = tf.tensor1d([1, 2, 3]);
  const built: GraphCause[] = [];
  const g = compiledGraphOf(
    tf,
    ((input: typeof x, other: unknown) =>
      typeof other === 'object' ? input.add(other as typeof x) : input.mul(Number(other))) as Parameters<typeof compiledGraphOf>[1],
    {
      onGraphBuilding: ({ cause, signature }) => built.push({ cause, signature }),
    },
  );
  const count = (question: Question, ...others: readonly (Tensor | number | boolean)[]): Claim => {
    const before = built.length;
    for (const other of others) tf.dispose(g.predict([x, other]) as Tensor);
    const causes = built.slice(before);
    tf.dispose(others.filter((other) => typeof other === 'object'));
    return judgeClaim(question, {
      kind: 'figure',
      value: causes.length,
      interval: [causes.length, causes.length],
      note: claimNote([{ kind: 'built', causes }]),
    });
  };
  try {
    return [
      count(RETRACING.numbers, 2, 3),
      count(RETRACING.again, 2),
      count(RETRACING.float, 2.0),
      count(RETRACING.boolean, true),
      count(RETRACING.tensor, tf.scalar(2), tf.scalar(3)),
      count(RETRACING.shapes, tf.ones([2, 3]), tf.ones([4, 3])),
      count(RETRACING.dtypes, tf.ones([1, 3], 'float32'), tf.ones([1, 3], 'int32')),
    ];
  } finally {
    g.dispose();
    x.dispose();
  }
}

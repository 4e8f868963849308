import type { CountedPass } from '../../../model/run-facts.js';

/** `model_pruner: Graph size after: 6 nodes (-9), 5 edges (-15), time = 0.094ms.` */
const LINE =
  /meta_optimizer\.cc:\d+\] ([a-z_]+)(\{[^:]*\})?: Graph size after: (\d+) nodes \((-?\d+)\), (\d+) edges \((-?\d+)\), time = ([\d.]+)ms/;

/**
 * The passes of TensorFlow's graph optimiser (Grappler), as its log tells of them with `TF_CPP_VMODULE=meta_optimizer=1`:
 * the only place where it does. A pass that ran several times is one row, at the place of its first run.
 *
 * @param log what the process wrote; lines of other kinds are passed over
 */
export function readPasses(log: string): readonly CountedPass[] {
  const passes = new Map<string, CountedPass>();
  for (const line of log.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, name = '', , after = '0', change = '0', , , millis = '0'] = match;
    const known = passes.get(name);
    passes.set(name, {
      name,
      runs: (known?.runs ?? 0) + 1,
      nanos: (known?.nanos ?? 0) + Math.round(Number(millis) * 1e6),
      nodeChange: (known?.nodeChange ?? 0) + Number(change),
      nodesAfter: Number(after),
    });
  }
  return [...passes.values()];
}

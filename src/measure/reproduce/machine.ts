import os from 'node:os';
import type { Analysis } from '../../model/analysis.js';
import type { Reproduction } from '../../model/claim.js';
import { describeEnvironment } from '../../engines/tensorflow/load/environment.js';
import type { TensorFlow } from '../../engines/tensorflow/load/tensorflow.js';

/** What ran the experiments, for people and for the committed results. */
export function machineOf(tf: TensorFlow, runs: readonly Analysis[]): Reproduction['machine'] {
  const environment = runs[0]?.environment ?? describeEnvironment(tf);
  const conditions = runs.flatMap(({ trust }) => trust?.conditions ?? []);
  const loads = conditions.flatMap(({ load }) => (load === null ? [] : [load.start, load.end]));
  const threads = environment.threads;
  return [
    ['TensorFlow', environment.tensorflow ?? environment.backend],
    [
      'packages',
      Object.entries(environment.packages)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['Node.js', environment.node],
    ['CPU', `${environment.cpu} × ${environment.cpuCount}, ${environment.platform}/${environment.arch}`],
    [
      'memory',
      `${(environment.memoryBytes / 2 ** 30).toFixed(1)} GiB, this process used ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(1)} GiB at most`,
    ],
    ['threads', `intra-op ${threads.intraOp ?? 'library default'}, inter-op ${threads.interOp ?? 'library default'}`],
    ['system', `${os.type()} ${os.release()}`],
    ...(loads.length === 0
      ? []
      : [['load', `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)} (other work on the machine included)`] as const]),
  ];
}

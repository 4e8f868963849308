import os from 'node:os';
import type { Analysis } from '../../model/analysis.js';
import type { Reproduction } from '../../model/claim.js';
import { describeEnvironment } from '../../engines/tensorflow/load/environment.js';
import { loadWords, memoryWords } from '../../report/words/reproduction.js';
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
    ['memory', memoryWords(environment.memoryBytes, process.resourceUsage().maxRSS * 2 ** 10)],
    ['threads', `intra-op ${threads.intraOp ?? 'library default'}, inter-op ${threads.interOp ?? 'library default'}`],
    ['system', `${os.type()} ${os.release()}`],
    ...(loads.length === 0 ? [] : [['load', loadWords(loads)] as const]),
  ];
}

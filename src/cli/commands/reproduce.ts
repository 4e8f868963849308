import path from 'node:path';
import { claimFolder } from '../../runs/own-folder.js';
import { freeFolder } from '../../runs/run-folder.js';
import { reproduce, writeReproduction } from '../../measure/reproduce/reproduce.js';
import { EXPERIMENTS, type Experiment } from '../../model/claim.js';
import { EXIT } from '../../model/errors.js';
import { renderReproductionMarkdown } from '../../report/studies/reproduction/reproduction.js';
import type { CommandSpec } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import { OVERWRITE, existingOf, type OverwriteArguments } from '../options.js';
import { progressBars } from '../progress.js';
import { reproduceKerasCommand } from './reproduce-keras.js';

interface Arguments extends OverwriteArguments {
  readonly experiment: Experiment | 'all';
  readonly quick: boolean;
  readonly out: string | undefined;
  readonly runtime: 'keras' | undefined;
  readonly python: readonly string[] | undefined;
}

export const reproduceCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [
    ['reproduce tiny', 'The tiny dense model: uncompiled, compiled, compiled with its train function; where its time goes'],
    ['reproduce all --quick', 'Every experiment, the medium model scaled down'],
    ['reproduce medium --json', 'The medium model at its true size (40.4 million parameters, minutes)'],
    ['reproduce --runtime keras', 'Every experiment in Python: on TensorFlow 2.0.0 and on the newest Keras'],
  ],
  options: (yargs) =>
    yargs
      .positional('experiment', { choices: ['all', ...EXPERIMENTS] as const, default: 'all' as const, describe: 'Which experiment' })
      .option('quick', { type: 'boolean', default: false, describe: 'Scale the medium model down and measure less; the report says so' })
      .option('runtime', { choices: ['keras'] as const, describe: 'Repeat them where they were made: in Python' })
      .option('python', { type: 'string', array: true, nargs: 1, describe: 'With --runtime keras: Python to use, once for each' })
      .option('out', { type: 'string', describe: 'Folder of the report and of the runs (default: a new one under profiles/)' })
      .option('overwrite', OVERWRITE),
  run: async (args, terminal) => {
    const experiments = args.experiment === 'all' ? EXPERIMENTS : [args.experiment];
    if (args.runtime === 'keras') return reproduceKerasCommand({ ...args, experiments, existing: existingOf(args) }, terminal);
    const interrupt = onInterrupt(terminal.remark);
    const bars = progressBars(args.json);
    const folder = freeFolder(args.out, 'reproduce');
    claimFolder(folder, existingOf(args));
    try {
      const result = await reproduce({
        folder,
        experiments,
        quick: args.quick,
        signal: interrupt.signal,
        onExperiment: (name) => terminal.remark(`Running ${name}`),
        onProgress: bars.onProgress,
      });
      bars.stop();
      writeReproduction(folder, result);
      terminal.say(renderReproductionMarkdown(result));
      terminal.say(`Report: ${path.resolve(folder, 'report.html')}`);
      const { runtime, machine, claims, notes } = result;
      terminal.data({ runtime, machine, claims, notes, folder });
      return result.interrupted ? EXIT.interrupted : EXIT.ok;
    } finally {
      bars.stop();
      interrupt.done();
    }
  },
};

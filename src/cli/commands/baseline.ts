import { writeBaseline } from '../../analyse/baseline-file.js';
import { checkWritable } from '../../runs/run-folder.js';
import { writeFile } from '../../runs/write-file.js';
import { measureBaseline } from '../../measure/gate/processes.js';
import { EXIT } from '../../model/errors.js';
import { formatNanos } from '../../model/nanos.js';
import type { CommandSpec } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import { modelOptions, runOptions, type ModelArguments, type RunArguments, modelPositional } from '../options.js';
import { BASELINE_FILE, processesOptions, processesOf, type ProcessesArguments } from '../processes.js';
import { optionsOf } from './profile.js';

interface Arguments extends ModelArguments, RunArguments, ProcessesArguments {
  readonly model: string;
}

export const baselineCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [
    ['baseline my-model/', 'The first variant in 5 to 20 processes: until its time is known to 0.7 %'],
    ['baseline my-model/ --variants graph/predict --batch 32 --sessions 8 --out baseline.json', 'One variant in at least eight processes'],
  ],
  options: (yargs) =>
    processesOptions(runOptions(modelOptions(yargs.positional('model', modelPositional()))), 'its time is not known to 0.7 %').option(
      'out',
      { type: 'string', default: BASELINE_FILE, describe: 'File to write' },
    ),
  run: async (args, terminal) => {
    const { out: file = BASELINE_FILE, ...rest } = args;
    checkWritable(file);
    const interrupt = onInterrupt(terminal.remark, 'the processes that are done are put together');
    try {
      const baseline = await measureBaseline(args.model, {
        ...optionsOf({ ...rest, out: undefined }),
        ...processesOf(args, terminal),
        signal: interrupt.signal,
      });
      writeFile(file, writeBaseline(baseline));
      for (const { key, sessionNanos } of baseline.variants) {
        terminal.say(
          `${key}: ${sessionNanos.map(formatNanos).join(', ')} fastest typical call (5th percentile) in ${sessionNanos.length} processes`,
        );
      }
      terminal.say(`Baseline: ${file}`);
      terminal.data({ file, variants: baseline.variants });
      return interrupt.signal.aborted ? EXIT.interrupted : EXIT.ok;
    } finally {
      interrupt.done();
    }
  },
};

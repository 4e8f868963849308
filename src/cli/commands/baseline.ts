import { writeBaseline } from '../../analyse/baseline-file.js';
import { checkWritable, writeFile } from '../../api/run-folder.js';
import { DEFAULT_MAX_SESSIONS, DEFAULT_SESSIONS, measureBaseline } from '../../api/sessions.js';
import { EXIT } from '../../model/errors.js';
import { formatNanos } from '../../model/nanos.js';
import type { CommandSpec } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import { wholeNumber } from '../numbers.js';
import { modelOptions, runOptions, type ModelArguments, type RunArguments } from '../options.js';
import { optionsOf } from './profile.js';

interface Arguments extends ModelArguments, RunArguments {
  readonly model: string;
  readonly sessions: number;
  readonly 'max-sessions': number;
}

export const baselineCommand: CommandSpec<Arguments> = {
  examples: [
    ['baseline my-model/ --out baseline.json', 'Sessions of the first variant, 5 to 20: until its time is known to 1 %'],
    ['baseline my-model/ --variants graph/predict --batch 32 --sessions 8 --out baseline.json', 'At least eight sessions of one variant'],
  ],
  options: (yargs) =>
    runOptions(modelOptions(yargs.positional('model', { type: 'string', demandOption: true, describe: 'model.json, or its folder, or a SavedModel folder' })))
      .option('sessions', { ...wholeNumber('sessions', 'How often the model is loaded anew and measured, at the least (3 or more)', { from: 3 }), default: DEFAULT_SESSIONS })
      .option('max-sessions', { ...wholeNumber('max-sessions', 'And at the most, while its time is not known to 1 %', { from: 3 }), default: DEFAULT_MAX_SESSIONS })
      .option('out', { type: 'string', default: 'baseline.json', describe: 'File to write' }),
  run: async (args, terminal) => {
    const { out: file = 'baseline.json', ...rest } = args;
    checkWritable(file);
    const interrupt = onInterrupt(terminal.remark);
    try {
      const baseline = await measureBaseline(args.model, {
        ...optionsOf({ ...rest, out: undefined }),
        sessions: args.sessions,
        maxSessions: args['max-sessions'],
        signal: interrupt.signal,
        onSession: (number, of) => terminal.remark(number === 0 ? 'Warming up' : `Session ${number} of at most ${of}`),
      });
      writeFile(file, writeBaseline(baseline));
      for (const { key, sessionNanos } of baseline.variants) {
        terminal.say(`${key}: ${sessionNanos.map(formatNanos).join(', ')} an undisturbed call in ${sessionNanos.length} sessions`);
      }
      terminal.say(`Baseline: ${file}`);
      terminal.data({ file, variants: baseline.variants });
      return EXIT.ok;
    } finally {
      interrupt.done();
    }
  },
};

import { readFileSync } from 'node:fs';
import { readBaseline } from '../../analyse/baseline-file.js';
import { checkWritable } from '../../runs/run-folder.js';
import { writeFile } from '../../runs/write-file.js';
import { checkModel } from '../../measure/gate/processes.js';
import { EXIT, messageOf, UserError, type ExitCode } from '../../model/errors.js';
import type { Baseline, GateOutcome } from '../../model/gate.js';
import { renderAnnotations } from '../../report/studies/gate/annotations.js';
import { renderJUnit } from '../../report/studies/gate/junit.js';
import type { CommandSpec } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import { quoted } from '../../model/quoted.js';
import { wholeNumber } from '../numbers.js';
import { modelOptions, runOptions, type ModelArguments, type RunArguments, modelPositional } from '../options.js';
import { BASELINE_FILE, processesOptions, processesOf, type ProcessesArguments } from '../processes.js';
import { optionsOf } from './profile.js';
import { FASTEST_TYPICAL } from '../../model/gate.js';

interface Arguments extends ModelArguments, RunArguments, ProcessesArguments {
  readonly model: string;
  readonly baseline: string;
  readonly 'max-regression': string;
  readonly percentile: number;
  readonly junit: string | undefined;
  readonly annotations: boolean;
  readonly force: boolean;
}

const EXITS: Readonly<Record<GateOutcome, ExitCode>> = { pass: EXIT.ok, regression: EXIT.regression, 'cannot-tell': EXIT.cannotTell };

export const checkCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [
    ['check my-model/ --max-regression 5%', 'For CI: fails when the model is more than 5 % slower'],
    ['check my-model/ --percentile 95', 'The tail: 19 of 20 calls are faster than what is compared'],
    ['check my-model/ --baseline baseline.json --junit check.xml --annotations', 'With a JUnit file and workflow annotations'],
  ],
  options: (yargs) =>
    processesOptions(runOptions(modelOptions(yargs.positional('model', modelPositional()))), 'the result is inconclusive')
      .option('baseline', { type: 'string', default: BASELINE_FILE, describe: 'File that `inferscope baseline` wrote' })
      .option('max-regression', { type: 'string', default: '5%', describe: 'Slowdown that is allowed' })
      .option('percentile', {
        ...wholeNumber('percentile', 'Percentile of the calls that is compared; 95 also sees a tail that got slower', { from: 1, to: 99 }),
        default: FASTEST_TYPICAL,
      })
      .option('junit', { type: 'string', describe: 'JUnit file to write' })
      .option('annotations', { type: 'boolean', default: false, describe: 'Print annotations for GitHub-style workflows' })
      .option('force', { type: 'boolean', default: false, describe: 'Compare although conditions differ' }),
  run: async (args, terminal) => {
    const limit = shareOf(args['max-regression']);
    const baseline = read(args.model, args.baseline);
    if (args.junit !== undefined) checkWritable(args.junit);
    const interrupt = onInterrupt(terminal.remark, 'the process that is running does not count');
    try {
      const result = await checkModel(args.model, baseline, {
        ...optionsOf(args),
        maxRegression: limit,
        force: args.force,
        percentile: args.percentile,
        ...processesOf(args, terminal),
        signal: interrupt.signal,
      });
      for (const note of result.notes) terminal.remark(note);
      for (const { sentence } of result.checks) terminal.say(sentence);
      if (args.annotations) terminal.say(renderAnnotations(result).trimEnd());
      if (args.junit !== undefined) writeFile(args.junit, renderJUnit(result));
      terminal.data(result);
      return EXITS[result.outcome];
    } finally {
      interrupt.done();
    }
  },
};

/** `5%`, `5 %` or `0.05` as a share. */
export function shareOf(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text);
  if (match === null) throw new UserError(`--max-regression ${text} is no share; write it as 5% or 0.05.`, EXIT.usage);
  return Number(match[1]) / (match[2] === '%' ? 100 : 1);
}

function read(model: string, file: string): Baseline {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new UserError(
      `Cannot read the baseline ${file} (${messageOf(thrown)}): make one with \`inferscope baseline ${[model, '--out', file].map(quoted).join(' ')}\`.`,
      EXIT.notFound,
      { cause: thrown },
    );
  }
  return readBaseline(text, file);
}

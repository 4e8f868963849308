/** `compare` of what can be run: two models, or with --run two commands. */
import path from 'node:path';
import { compareModels, type ComparedModels } from '../../measure/pairs/compare-models.js';
import { comparePrograms, type ProgramSpec } from '../../measure/pairs/compare-programs.js';
import type { SideSpec } from '../../measure/pairs/pair-side.js';
import { DEFAULT_MAX_PAIRS, DEFAULT_PAIRS, type PairsOptions } from '../../measure/pairs/pairs.js';
import { EXIT, UserError, type ExitCode } from '../../model/errors.js';
import { given } from '../../model/given.js';
import { reportObject } from '../../report/report-json.js';
import type { Argv } from 'yargs';
import { onInterrupt } from '../interrupt.js';
import { anyNumber, wholeNumber } from '../numbers.js';
import { OVERWRITE, existingOf, modelOptions, type ModelArguments, type OverwriteArguments } from '../options.js';
import { recordCommand } from '../record-command.js';
import type { CommonArguments, Terminal } from '../terminal.js';

export interface TogetherArguments extends ModelArguments, OverwriteArguments {
  readonly pairs: number;
  readonly 'max-pairs': number;
  readonly duration: number | undefined;
  readonly python: string | undefined;
  readonly 'variant-a': string | undefined;
  readonly 'variant-b': string | undefined;
  readonly 'env-a': readonly string[] | undefined;
  readonly 'env-b': readonly string[] | undefined;
  readonly 'node-a': string | undefined;
  readonly 'node-b': string | undefined;
  readonly 'cwd-a': string | undefined;
  readonly 'cwd-b': string | undefined;
}

export const togetherOptions = <T>(yargs: Argv<T>): Argv<T & TogetherArguments> =>
  modelOptions(yargs)
    .option('overwrite', OVERWRITE)
    .option('pairs', { ...wholeNumber('pairs', 'Measured together: pairs of processes at the least'), default: DEFAULT_PAIRS })
    .option('max-pairs', { ...wholeNumber('max-pairs', 'And at the most, while it is inconclusive'), default: DEFAULT_MAX_PAIRS })
    .option('duration', anyNumber('duration', 'Seconds of measured calls of each side in a pair (default 1)'))
    .option('python', { type: 'string', describe: 'Python with TensorFlow for Keras models' })
    .option('variant-a', { type: 'string', describe: 'Variant of the baseline, such as graph/predict (default: its first)' })
    .option('variant-b', { type: 'string', describe: 'Variant of the candidate' })
    .option('env-a', { type: 'string', array: true, nargs: 1, describe: 'NAME=VALUE in the environment of the baseline' })
    .option('env-b', { type: 'string', array: true, nargs: 1, describe: 'NAME=VALUE in the environment of the candidate' })
    .option('node-a', { type: 'string', describe: 'Node.js that runs the baseline' })
    .option('node-b', { type: 'string', describe: 'Node.js that runs the candidate' })
    .option('cwd-a', { type: 'string', describe: 'With --run: folder in which the first command runs' })
    .option('cwd-b', { type: 'string', describe: 'With --run: folder in which the second command runs' });

interface Both extends TogetherArguments, CommonArguments {
  readonly baseline: string;
  readonly candidate: string;
  readonly out: string | undefined;
}

type SideLetter = 'a' | 'b';

export function compareModelsCommand(args: Both, terminal: Terminal): Promise<ExitCode> {
  const sides = [sideOf(args, 'a'), sideOf(args, 'b')] as const;
  return together(args, terminal, (options) =>
    compareModels(sides[0], sides[1], { ...options, existing: existingOf(args), ...given({ duration: args.duration, out: args.out }) }),
  );
}

export function compareProgramsCommand(args: Both, terminal: Terminal): Promise<ExitCode> {
  const programs = [programOf(args, 'a'), programOf(args, 'b')] as const;
  return together(args, terminal, (options) =>
    comparePrograms(programs[0], programs[1], {
      ...options,
      existing: existingOf(args),
      record: recordCommand,
      ...given({ out: args.out }),
    }),
  );
}

async function together(args: Both, terminal: Terminal, measure: (options: PairsOptions) => Promise<ComparedModels>): Promise<ExitCode> {
  const interrupt = onInterrupt(terminal.remark);
  const began = performance.now();
  try {
    const { analysis, files, folder, recordings, interrupted } = await measure({
      pairs: args.pairs,
      maxPairs: Math.max(args.pairs, args['max-pairs']),
      signal: interrupt.signal,
      onPair: (number, of) => terminal.remark(`Pair ${number} of at most ${of}${timeLeft(number, of, performance.now() - began)}`),
    });
    for (const { sentence } of analysis.comparisons) terminal.say(sentence);
    for (const note of analysis.notes) terminal.say(`- ${note}`);
    terminal.say(`Report: ${path.resolve(folder, 'report.html')}`);
    const parity = recordings.find((recording) => recording.parity !== undefined)?.parity;
    terminal.data({ ...reportObject(analysis, files), basis: 'times', ...(parity === undefined ? {} : { parity }) });
    return interrupted ? EXIT.interrupted : EXIT.ok;
  } finally {
    interrupt.done();
  }
}

/** Of the pairs that there may still be; fewer are made where the answer is clear. */
function timeLeft(number: number, of: number, spentMillis: number): string {
  if (number === 1) return '';
  const seconds = ((spentMillis / (number - 1)) * (of - number + 1)) / 1000;
  return `, ${seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`} left at the most`;
}

function sideOf(args: Both, letter: SideLetter): SideSpec {
  const { batch, shape: shapes, input: inputs, seed, tags, signature, feed, python } = args;
  const model = letter === 'a' ? args.baseline : args.candidate;
  return {
    model,
    options: given({ batch, shapes, inputs, seed, tags, signature, feed }),
    ...given({ variant: args[`variant-${letter}`], env: variablesOf(args, letter), nodePath: args[`node-${letter}`], python }),
  };
}

const programOf = (args: Both, letter: SideLetter): ProgramSpec => ({
  command: letter === 'a' ? args.baseline : args.candidate,
  ...given({ cwd: args[`cwd-${letter}`], env: variablesOf(args, letter) }),
});

function variablesOf(args: Both, letter: SideLetter): Record<string, string> | undefined {
  const given = args[`env-${letter}`];
  if (given === undefined) return undefined;
  return Object.fromEntries(
    given.map((text) => {
      const cut = text.indexOf('=');
      if (cut > 0) return [text.slice(0, cut), text.slice(cut + 1)];
      throw new UserError(`--env-${letter} "${text}" has no value: write NAME=VALUE.`, EXIT.usage);
    }),
  );
}

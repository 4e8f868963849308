/** `compare` of what can be run: two models, or with --run two commands. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { compareModels, type ComparedModels } from '../../measure/pairs/compare-models.js';
import { comparePrograms, type ProgramSpec } from '../../measure/pairs/compare-programs.js';
import type { SideSpec } from '../../measure/pairs/pair-side.js';
import { DEFAULT_MAX_PAIRS, DEFAULT_PAIRS, type PairsOptions } from '../../measure/pairs/pairs.js';
import { engineOf } from '../../engines/engines.js';
import { EXIT, UserError, type ExitCode } from '../../model/errors.js';
import { given } from '../../model/given.js';
import { reportObject } from '../../report/report-json.js';
import type { Argv } from 'yargs';
import { onInterrupt } from '../interrupt.js';
import { anyNumber, wholeNumber } from '../numbers.js';
import { OVERWRITE, existingOf, modelOptions, type ModelArguments, type OverwriteArguments } from '../options.js';
import { recordCommand } from '../record-command.js';
import { projectWithTensorFlow } from '../tensorflow-project.js';
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
  readonly 'tensorflow-a': string | undefined;
  readonly 'tensorflow-b': string | undefined;
  readonly 'cwd-a': string | undefined;
  readonly 'cwd-b': string | undefined;
}

export const togetherOptions = <T>(yargs: Argv<T>): Argv<T & TogetherArguments> =>
  modelOptions(yargs)
    .option('overwrite', OVERWRITE)
    .option('pairs', { ...wholeNumber('pairs', 'Measured together: fewest pairs of processes'), default: DEFAULT_PAIRS })
    .option('max-pairs', { ...wholeNumber('max-pairs', 'Most pairs, while the result is inconclusive'), default: DEFAULT_MAX_PAIRS })
    .option('duration', anyNumber('duration', 'Seconds of measured calls of each side in a pair (default 1)'))
    .option('python', { type: 'string', describe: 'Python with TensorFlow for Keras models' })
    .option('variant-a', { type: 'string', describe: 'Variant of the baseline, such as graph/predict (default: its first)' })
    .option('variant-b', { type: 'string', describe: 'Variant of the candidate' })
    .option('env-a', { type: 'string', array: true, nargs: 1, describe: 'NAME=VALUE in the environment of the baseline' })
    .option('env-b', { type: 'string', array: true, nargs: 1, describe: 'NAME=VALUE in the environment of the candidate' })
    .option('node-a', { type: 'string', describe: 'Node.js that runs the baseline' })
    .option('node-b', { type: 'string', describe: 'Node.js that runs the candidate' })
    .option('tensorflow-a', {
      type: 'string',
      requiresArg: true,
      describe: 'Version of the native TensorFlow of the baseline, such as 2.18.1; made once, in the cache',
    })
    .option('tensorflow-b', { type: 'string', requiresArg: true, describe: 'Version of the native TensorFlow of the candidate' })
    .option('cwd-a', { type: 'string', describe: 'With --run: folder in which the first command runs' })
    .option('cwd-b', { type: 'string', describe: 'With --run: folder in which the second command runs' });

interface Both extends TogetherArguments, CommonArguments {
  readonly baseline: string;
  readonly candidate: string;
  readonly out: string | undefined;
}

export function compareModelsCommand(args: Both, terminal: Terminal): Promise<ExitCode> {
  refuse(args, ['cwd-a', 'cwd-b'], 'is for commands, with --run');
  for (const letter of LETTERS) {
    if (engineOf(modelOf(args, letter)).runs === 'own-process')
      refuse(
        args,
        [`node-${letter}`, `tensorflow-${letter}`],
        'is for models that run in Node.js, and a Keras model runs in Python (--python)',
      );
  }
  return together(args, terminal, async (options) => {
    const baseline = await sideOf(args, 'a', terminal, options.signal);
    const candidate = await sideOf(args, 'b', terminal, options.signal);
    return await compareModels(baseline, candidate, {
      ...options,
      existing: existingOf(args),
      ...given({ duration: args.duration, out: args.out }),
    });
  });
}

export function compareProgramsCommand(args: Both, terminal: Terminal): Promise<ExitCode> {
  refuse(args, [...ABOUT_MODELS, ...FOR_MODELS], 'is for models, and the programs of --run choose that themselves');
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

/** What only a measurement can heed. @throws UserError where one is given for runs that are measured already */
export const refuseForRuns = (args: Both): void => {
  refuse(args, [...ABOUT_MODELS, ...FOR_MODELS, ...FOR_BOTH], 'is for what is measured now, and these two were recorded before');
};

const LETTERS = ['a', 'b'] as const;
type SideLetter = (typeof LETTERS)[number];

/** Options that have no default, so that what is there was given. */
const ABOUT_MODELS = ['batch', 'shape', 'input', 'tags', 'signature', 'duration', 'python'] as const;
const FOR_MODELS = ['variant-a', 'variant-b', 'node-a', 'node-b', 'tensorflow-a', 'tensorflow-b'] as const;
const FOR_BOTH = ['env-a', 'env-b', 'cwd-a', 'cwd-b'] as const;

/** An option that would be ignored would be taken for heeded. @throws UserError for the first that was given */
function refuse(args: Both, options: readonly (keyof Both)[], reason: string): void {
  const found = options.find((name) => args[name] !== undefined);
  if (found !== undefined) throw new UserError(`--${found} ${reason}: leave it out.`, EXIT.usage);
}

async function together(
  args: Both,
  terminal: Terminal,
  measure: (options: PairsOptions & { readonly signal: AbortSignal }) => Promise<ComparedModels>,
): Promise<ExitCode> {
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
  return `, ${seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`} left at most`;
}

const modelOf = ({ baseline, candidate }: Both, letter: SideLetter): string => (letter === 'a' ? baseline : candidate);

/** @throws UserError where another TensorFlow is asked for and cannot be had */
async function sideOf(args: Both, letter: SideLetter, { remark }: Terminal, signal: AbortSignal): Promise<SideSpec> {
  const { batch, shape: shapes, input: inputs, seed, tags, signature, feed, threads, python } = args;
  const option = `tensorflow-${letter}` as const;
  const version = args[option];
  const from = version === undefined ? undefined : await projectWithTensorFlow(version, { option: `--${option}`, remark, signal });
  return {
    model: modelOf(args, letter),
    options: given({
      batch,
      shapes,
      inputs,
      seed,
      tags,
      signature,
      feed,
      threads,
      weightsOutside: args['weights-outside'] ? true : undefined,
    }),
    ...given({ variant: args[`variant-${letter}`], env: variablesOf(args, letter), nodePath: args[`node-${letter}`], from, python }),
  };
}

/** @throws UserError where its folder is not there */
function programOf(args: Both, letter: SideLetter): ProgramSpec {
  const cwd = args[`cwd-${letter}`];
  if (cwd !== undefined && !existsSync(cwd))
    throw new UserError(`--cwd-${letter} ${cwd} does not exist: give the folder of a checkout.`, EXIT.notFound);
  return { command: modelOf(args, letter), ...given({ cwd, env: variablesOf(args, letter) }) };
}

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

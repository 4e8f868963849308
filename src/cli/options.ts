import { DEFAULT_SECONDS_PER_VARIANT, DEFAULT_WARMUP } from '../measure/run-plan.js';
import type { Argv } from 'yargs';
import { EXIT, UserError } from '../model/errors.js';
import { anyNumber, wholeNumber } from './numbers.js';

/** The argument of every command that runs a model; what else it may be there is added. */
export const modelPositional = (more = '') =>
  ({
    type: 'string',
    demandOption: true,
    describe: `model.json or its folder, a SavedModel folder, an .onnx file${more}`,
  }) as const;

/** Options of every command that runs a model. */
export interface ModelArguments {
  readonly batch: number | undefined;
  readonly shape: readonly string[] | undefined;
  readonly input: readonly string[] | undefined;
  readonly seed: number;
  readonly tags: readonly string[] | undefined;
  readonly signature: string | undefined;
  readonly feed: 'fresh' | 'reused';
  readonly 'weights-outside': boolean;
  readonly threads: number | undefined;
}

/** Options that say how long. */
export interface RunArguments {
  readonly variants: readonly string[] | undefined;
  readonly calls: number | undefined;
  readonly duration: number | undefined;
  readonly warmup: number | undefined;
  readonly out: string | undefined;
}

/** `a,b` or the option several times. @throws UserError when nothing is in it, which would mean everything */
const commaList =
  (name: string) =>
  (given: readonly string[] | undefined): string[] | undefined => {
    if (given === undefined) return undefined;
    const values = given.flatMap((value) => value.split(',')).filter((value) => value !== '');
    if (values.length > 0) return values;
    throw new UserError(`--${name} needs at least one name after it.`, EXIT.usage);
  };

export const modelOptions = <T>(yargs: Argv<T>): Argv<T & ModelArguments> =>
  inputOptions(yargs).option('batch', wholeNumber('batch', 'Size of unknown first dimensions'));

/** Those of a model whose batch is given in another form. */
export const inputOptions = <T>(yargs: Argv<T>): Argv<T & Omit<ModelArguments, 'batch'>> =>
  yargs
    .option('shape', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'Shape of an input whose other dimensions are unknown: name=1,224,224,3',
    })
    .option('input', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'Input values: name=file.npy, file.npz or file.json (default: synthesised)',
    })
    .option('seed', {
      ...wholeNumber('seed', 'Seed of synthesised inputs and of the order of variants in a round', { from: 0 }),
      default: 1,
    })
    .option('tags', {
      type: 'string',
      array: true,
      nargs: 1,
      coerce: commaList('tags'),
      describe: 'SavedModel: tags of the graph (default serve)',
    })
    .option('signature', { type: 'string', describe: 'SavedModel: signature (default serving_default)' })
    .option('weights-outside', { type: 'boolean', default: false, describe: "Also read weight files outside the model's folder" })
    .option('threads', wholeNumber('threads', 'ONNX: threads inside an operation (default: as many as ONNX Runtime chooses)', { from: 1 }))
    .option('feed', {
      choices: ['fresh', 'reused'] as const,
      default: 'fresh' as const,
      describe: 'Create input tensors in each call (fresh), or once (reused)',
    });

/** Of commands that write a folder of their own. */
export const OVERWRITE = { type: 'boolean', default: false, describe: 'Replace an existing run in the --out folder' } as const;

export interface OverwriteArguments {
  readonly overwrite: boolean;
}

export const existingOf = ({ overwrite }: OverwriteArguments): 'refuse' | 'overwrite' => (overwrite ? 'overwrite' : 'refuse');

export const runOptions = <T>(yargs: Argv<T>): Argv<T & RunArguments> =>
  yargs
    .option('variants', {
      type: 'string',
      array: true,
      nargs: 1,
      coerce: commaList('variants'),
      describe: 'Variants to run, such as uncompiled,graph or compiled/predict (default all)',
    })
    .option('calls', wholeNumber('calls', 'Measured calls per variant'))
    .option(
      'duration',
      anyNumber('duration', `Seconds of measured calls per variant (default: until settled, ${DEFAULT_SECONDS_PER_VARIANT} at most)`),
    )
    .option(
      'warmup',
      wholeNumber('warmup', `Unmeasured calls after the first (default: ${DEFAULT_WARMUP}, fewer with --quick)`, { from: 0 }),
    )
    .option('out', { type: 'string', describe: 'Run folder (default: a new one under profiles/)' });

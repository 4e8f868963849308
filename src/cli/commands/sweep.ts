import path from 'node:path';
import { claimFolder } from '../../runs/own-folder.js';
import { checkWritable, freeFolder } from '../../runs/run-folder.js';
import { writeSweep } from '../../runs/sweep-file.js';
import { writeFile } from '../../runs/write-file.js';
import { checkSizes, sweepModel, type SweepOptions } from '../../measure/sweep.js';
import { EXIT, UserError } from '../../model/errors.js';
import { DIMENSIONS, type Dimension } from '../../model/sweep.js';
import { renderSweepHtml } from '../../report/studies/sweep/sweep.js';
import { sweepSentences } from '../../report/studies/sweep/words.js';
import type { CommandSpec } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import { anyNumber, wholeNumber } from '../numbers.js';
import {
  OVERWRITE,
  existingOf,
  inputOptions,
  runOptions,
  type ModelArguments,
  type OverwriteArguments,
  type RunArguments,
  modelPositional,
} from '../options.js';
import { optionsOf } from './profile.js';

interface Arguments
  extends Omit<ModelArguments, 'batch'>, RunArguments, OverwriteArguments, Readonly<Record<Dimension, string | undefined>> {
  readonly model: string;
  readonly at: number | undefined;
  readonly passes: number;
}

const DEFAULT_BATCHES = '1,2,4,8,16,32';

export const sweepCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [
    ['sweep my-model/ --batch 1,2,4,8,16,32', 'Fixed cost per call and cost per row'],
    ['sweep my-model/ --sequence 10,40,160 --shape x=1,n,16', 'The cost of a step; n stands for the size'],
    ['sweep my-model/ --image 32,64,128 --shape x=1,n,n,3 --at 64', 'The cost of a pixel, and what is overhead at 64 × 64'],
    ["sweep 'models/mlp-{width}/' --width 64,256,1024", 'A family of models, over its parameters'],
  ],
  options: (yargs) =>
    runOptions(inputOptions(yargs.positional('model', modelPositional('; with {width} for a family'))))
      .option('batch', { type: 'string', describe: `Batch sizes, three or more (default ${DEFAULT_BATCHES})` })
      .option('sequence', { type: 'string', describe: 'Sequence lengths; --shape holds n where they go' })
      .option('image', { type: 'string', describe: 'Sides of images; --shape holds n,n where they go' })
      .option('width', { type: 'string', describe: 'Widths of a family of models; the path holds {width}' })
      .option('at', anyNumber('at', 'Size at which to show the share of overhead (default: the smallest)'))
      .option('passes', { ...wholeNumber('passes', 'How often each size is measured, in turn'), default: 3 })
      .option('out', {
        type: 'string',
        describe: 'Folder for report.html, sweep.json and the runs (default: a new one under profiles/, without the runs)',
      })
      .option('overwrite', OVERWRITE),
  run: async (args, terminal) => {
    const { dimension, sizes, batch } = rangeOf(args);
    const folder = freeFolder(args.out, `sweep-${path.basename(args.model)}`);
    const report = path.join(folder, 'report.html');
    if (args.out === undefined) checkWritable(folder);
    else claimFolder(folder, existingOf(args));
    const interrupt = onInterrupt(terminal.remark);
    try {
      const options: SweepOptions = {
        ...optionsOf({ ...args, batch, duration: args.duration }),
        dimension,
        sizes,
        passes: args.passes,
        signal: interrupt.signal,
        onSize: (pass, passes, size) => terminal.remark(`Pass ${pass} of ${passes}, ${DIMENSIONS[dimension].what} ${size}`),
        ...(args.at === undefined ? {} : { at: args.at }),
      };
      const sweep = await sweepModel(args.model, options).catch((error: unknown) => {
        throw withoutBatch(error, args, dimension);
      });
      for (const sentence of sweepSentences(sweep)) terminal.say(sentence);
      writeFile(report, renderSweepHtml(sweep));
      writeSweep(folder, sweep);
      terminal.say(`Report: ${path.resolve(report)}`);
      terminal.data({ ...sweep, folder });
      return EXIT.ok;
    } finally {
      interrupt.done();
    }
  },
};

/** Nobody gave the sizes that the model does not take: the model has no batch to sweep. */
function withoutBatch(error: unknown, { batch, model }: Arguments, dimension: Dimension): unknown {
  if (dimension !== 'batch' || batch !== undefined || !(error instanceof UserError) || !error.message.startsWith('--batch')) return error;
  return new UserError(
    `${model} fixes its first dimension, so it has no batch to sweep: measure it with \`inferscope profile ${model}\`.`,
    EXIT.usage,
    { cause: error },
  );
}

/** Which dimension is swept; a single --batch beside another dimension stays what it is elsewhere. */
function rangeOf(args: Arguments): { readonly dimension: Dimension; readonly sizes: number[]; readonly batch: number | undefined } {
  const others = (['sequence', 'image', 'width'] as const).filter((dimension) => args[dimension] !== undefined);
  if (others.length > 1)
    throw new UserError(`Sweep one dimension at a time: ${others.map((name) => `--${name}`).join(' and ')} were given.`, EXIT.usage);
  const [dimension = 'batch'] = others;
  const text = args[dimension] ?? DEFAULT_BATCHES;
  const sizes = text.split(',').map(Number);
  checkSizes(sizes, dimension, text);
  if (dimension === 'batch' || args.batch === undefined) return { dimension, sizes, batch: undefined };
  const batch = Number(args.batch);
  if (!Number.isInteger(batch) || batch < 1)
    throw new UserError(`--batch ${args.batch} beside --${dimension} must be one whole number.`, EXIT.usage);
  return { dimension, sizes, batch };
}

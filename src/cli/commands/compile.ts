import { compileModel } from '../../engines/tensorflow/compile-model.js';
import { EXIT } from '../../model/errors.js';
import type { CommandSpec } from '../command.js';
import type { ModelArguments } from '../options.js';
import { modelOptions } from '../options.js';

interface Arguments extends ModelArguments {
  readonly model: string;
  readonly out: string;
  readonly 'fixed-batch': boolean;
}

export const compileCommand: CommandSpec<Arguments> = {
  loadsTensorFlow: true,
  examples: [
    ['compile models/tiny/model.json tiny-graph', 'For every batch size'],
    ['compile model.json out --fixed-batch --batch 32', 'For one batch size, when the batch cannot stay open'],
  ],
  options: (yargs) =>
    modelOptions(yargs)
      .positional('model', { type: 'string', demandOption: true, describe: 'model.json of a layers or graph model' })
      .positional('out', { type: 'string', demandOption: true, describe: 'Folder to write; it must not exist, or be empty' })
      .option('fixed-batch', { type: 'boolean', default: false, describe: 'Fix the shapes of the inputs in the graph' }),
  run: async (args, terminal) => {
    const { batch, shape, input, seed } = args;
    const written = await compileModel(args.model, args.out, {
      fixedBatch: args['fixed-batch'],
      seed,
      weightsOutside: args['weights-outside'],
      ...(batch === undefined ? {} : { batch }),
      ...(shape === undefined ? {} : { shapes: shape }),
      ...(input === undefined ? {} : { inputs: input }),
    });
    const { directory, nodes, graphBytes, largestDifference } = written;
    terminal.say(`${directory}: ${nodes} operations, ${(graphBytes / 1e6).toFixed(2)} MB, weights included`);
    terminal.say(
      `Checked on ${written.checks} sets of inputs: largest difference ${largestDifference.toPrecision(3)}, within what rounding explains.`,
    );
    for (const note of written.notes) terminal.say(note);
    terminal.data(written);
    return EXIT.ok;
  },
};

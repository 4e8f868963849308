import { compileModel } from '../../engines/tensorflow/compile-model.js';
import { engineOf } from '../../engines/engines.js';
import { compileOnnxModel } from '../../engines/onnxruntime/compile-model.js';
import { ONNXRUNTIME } from '../../engines/onnxruntime/engine.js';
import { EXIT, UserError } from '../../model/errors.js';
import { given } from '../../model/given.js';
import { countOf, formatDeviation } from '../../report/words.js';
import type { Terminal } from '../terminal.js';
import type { CommandSpec } from '../command.js';
import type { ModelArguments } from '../options.js';
import { modelOptions } from '../options.js';

interface Arguments extends ModelArguments {
  readonly model: string;
  readonly out: string;
  readonly 'fixed-batch': boolean;
}

export const compileCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [
    ['compile models/tiny/model.json tiny-graph', 'For every batch size'],
    ['compile model.onnx model.optimised.onnx', 'What ONNX Runtime makes of a model at start, made once'],
    ['compile model.json out --fixed-batch --batch 32', 'For one batch size, when the batch cannot stay open'],
  ],
  options: (yargs) =>
    modelOptions(yargs)
      .positional('model', { type: 'string', demandOption: true, describe: 'model.json of a layers or graph model, or an .onnx file' })
      .positional('out', {
        type: 'string',
        demandOption: true,
        describe: 'Folder to write, which must not exist or be empty; of an ONNX model, the .onnx file',
      })
      .option('fixed-batch', { type: 'boolean', default: false, describe: 'Fix the shapes of the inputs in the graph' }),
  run: async (args, terminal) => {
    const { batch, shape, input, seed } = args;
    if (engineOf(args.model) === ONNXRUNTIME) return compileOnnx(args, terminal);
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
      `Checked on ${written.checks} sets of inputs: largest difference ${formatDeviation(largestDifference)}, within what rounding explains.`,
    );
    for (const note of written.notes) terminal.say(note);
    terminal.data(written);
    return EXIT.ok;
  },
};

async function compileOnnx(args: Arguments, terminal: Terminal): Promise<number> {
  const { batch, shape: shapes, input: inputs, seed } = args;
  if (args['fixed-batch'])
    throw new UserError(
      '--fixed-batch is for graphs of TensorFlow, and an ONNX model keeps its free dimensions: leave it out.',
      EXIT.usage,
    );
  const written = await compileOnnxModel(args.model, args.out, {
    ...given({ batch, shapes, inputs, seed }),
    weightsOutside: args['weights-outside'],
  });
  const { file, nodes, nodesBefore, bytes, largestDifference, relativeDifference, checks } = written;
  terminal.say(`${file}: ${countOf(nodes, 'operation')} (${nodesBefore} before), ${(bytes / 1e6).toFixed(2)} MB, weights included`);
  terminal.say(
    `Checked against the original on ${checks} sets of inputs: largest difference ${formatDeviation(largestDifference)}, ${formatDeviation(relativeDifference)} of the largest value.`,
  );
  for (const note of written.notes) terminal.say(note);
  terminal.data(written);
  return EXIT.ok;
}

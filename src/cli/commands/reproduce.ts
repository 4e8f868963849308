import { profileModel } from '../../api/profile.js';
import { openTensorFlow } from '../../api/tensorflow-session.js';
import type { Comparison } from '../../model/analysis.js';
import { EXPERIMENTS, type Experiment } from '../../model/claim.js';
import { EXIT, UserError } from '../../model/errors.js';
import type { CommandSpec } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import { reproduceKerasCommand } from './reproduce-keras.js';

interface Arguments {
  readonly experiment: Experiment | 'all' | undefined;
  readonly out: string | undefined;
  readonly runtime: 'keras' | undefined;
  readonly python: readonly string[] | undefined;
}

/** What was published for TensorFlow 2.0.0 in Python, as a ratio to the uncompiled model's `predict`. */
const CLAIMS = [
  { id: 'tiny-compiled', candidate: 'compiled/predict', published: 30.1 },
  { id: 'tiny-compiled-train', candidate: 'compiled-train/predict', published: 29.8 },
] as const;

export const reproduceCommand: CommandSpec<Arguments> = {
  command: 'reproduce [experiment]',
  describe: 'Repeat the published compiled-against-uncompiled experiment here and judge its claims',
  examples: [
    ['reproduce tiny', 'The tiny dense model, uncompiled, compiled, and compiled with its train function'],
    ['reproduce --runtime keras', 'Every experiment in Python: on TensorFlow 2.0.0 and on the newest Keras'],
  ],
  options: (yargs) =>
    yargs
      .positional('experiment', { choices: ['all', ...EXPERIMENTS] as const, describe: 'Which experiment (default: tiny; all with --runtime keras)' })
      .option('runtime', { choices: ['keras'] as const, describe: 'Repeat them where they were made: in Python' })
      .option('python', { type: 'string', array: true, nargs: 1, describe: 'With --runtime keras: Python to use, once for each' })
      .option('out', { type: 'string', describe: 'Run folder (default: a new one under profiles/)' }),
  run: async (args, terminal) => {
    if (args.runtime === 'keras') {
      return reproduceKerasCommand({ ...args, experiments: args.experiment === undefined || args.experiment === 'all' ? EXPERIMENTS : [args.experiment] }, terminal);
    }
    if (args.experiment !== undefined && args.experiment !== 'tiny') throw new UserError(`In Node.js only \`tiny\` is repeated; add --runtime keras for ${args.experiment}.`, EXIT.usage);
    const interrupt = onInterrupt(terminal.remark);
    try {
      const { tf } = await openTensorFlow();
      const model = tf.sequential({
        layers: [tf.layers.dense({ inputShape: [4], units: 2, activation: 'relu' }), tf.layers.dense({ units: 1, activation: 'sigmoid' })],
      });
      const variants = ['uncompiled/predict', ...CLAIMS.map(({ candidate }) => candidate)];
      const out = args.out === undefined ? {} : { out: args.out };
      const { analysis, folder, interrupted } = await profileModel(model, { name: 'tiny', batch: 32, variants, signal: interrupt.signal, ...out });
      const claims = CLAIMS.map(({ id, candidate, published }) => judge(id, published, analysis.comparisons.find((one) => one.candidate === candidate)));
      for (const { sentence } of claims) terminal.say(sentence);
      terminal.say(`Report: ${folder}/report.html`);
      terminal.data({ claims, folder });
      return interrupted ? EXIT.interrupted : EXIT.ok;
    } finally {
      interrupt.done();
    }
  },
};

/** A slowdown of less than half of what was published is another finding, however certain. */
function verdictOn(published: number, comparison: Comparison | undefined): 'holds here' | 'does not hold here' | 'cannot be told' {
  if (comparison === undefined || comparison.withheld !== undefined) return 'cannot be told';
  const [low, high] = comparison.interval;
  if (high < published / 2) return 'does not hold here';
  return low >= published / 2 ? 'holds here' : 'cannot be told';
}

function judge(id: string, published: number, comparison: Comparison | undefined) {
  const verdict = verdictOn(published, comparison);
  const why = comparison === undefined ? 'the variant was not measured.' : comparison.sentence;
  return {
    id,
    published,
    measured: comparison?.ratio ?? null,
    interval: comparison?.interval ?? null,
    verdict,
    sentence: `${id}: published ${published} × uncompiled (TensorFlow 2.0.0, Python); ${verdict}: ${why}`,
  };
}

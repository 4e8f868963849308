import { againstTfjs, type AgainstOptions } from '../../measure/keras/keras-against-tfjs.js';
import { profileInProcesses } from '../../measure/profile-processes.js';
import { profileKeras } from '../../measure/keras/profile-keras.js';
import { profileModel, type ProfileResult } from '../../measure/profile.js';
import { SPAN_TARGETS, checkExport } from '../../runs/export-run.js';
import type { SpanTarget } from '../../runs/export-run.js';
import { DEFAULT_WARMUP } from '../../measure/run-plan.js';
import { EXIT, UserError } from '../../model/errors.js';
import { given, pick } from '../../model/given.js';
import { renderAgainstTfjs } from '../../report/studies/against-tfjs.js';
import { againstData } from '../against-data.js';
import { reportObject } from '../../report/report-json.js';
import { BACKENDS, type BackendName } from '../../engines/tensorflow/load/plain-backends.js';
import type { CommandSpec } from '../command.js';
import { presentOptions, presentReport, type PresentArguments } from '../present.js';
import { onInterrupt } from '../interrupt.js';
import { isForKeras, kerasOptionsOf } from '../keras.js';
import { loadFrom, loadOptions, type LoadArguments } from '../load.js';
import { wholeNumber } from '../numbers.js';
import {
  OVERWRITE,
  existingOf,
  modelOptions,
  runOptions,
  type ModelArguments,
  type OverwriteArguments,
  type RunArguments,
  modelPositional,
} from '../options.js';
import { trafficFrom } from '../traffic.js';
import { progressBars } from '../progress.js';
import { progressLine } from '../progress-line.js';
import type { CommonArguments, Terminal } from '../terminal.js';
import { sendSpans, spanExportData, type SentSpans } from './export-spans.js';
import type { ProfileOptions } from '../../measure/profile-options.js';

interface Arguments extends ModelArguments, RunArguments, PresentArguments, OverwriteArguments, LoadArguments {
  readonly model: string;
  readonly level: 'stages' | 'kernels';
  readonly js: boolean;
  readonly backend: BackendName | undefined;
  readonly export: SpanTarget | undefined;
  readonly endpoint: string | undefined;
  readonly runtime: 'keras' | undefined;
  readonly python: string | undefined;
  readonly against: 'tfjs' | undefined;
  readonly quick: boolean;
  readonly 'graph-passes': boolean;
  readonly traffic: string | undefined;
  readonly processes: number | undefined;
}

export const profileCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [
    ['profile my-model/', 'Every variant of a layers model, graph model or SavedModel'],
    ['profile model.json --batch 32 --variants uncompiled,compiled', 'Two variants, 32 rows at a time'],
    ['profile model.keras --python .venv/bin/python', 'A Keras model in its own Python'],
    ['profile my-model/ --js', 'Which JavaScript functions take the time between kernels'],
    ['profile my-model/ --traffic profiles/my-program', 'Whether padding the batch sizes of that program pays off'],
    ['profile my-model/ --rate 50/s', 'How long 50 requests per second wait, and what batching them would do'],
    ['profile saved/ --calls 200 --json', 'A fixed number of calls, the result as JSON'],
  ],
  options: (yargs) =>
    loadOptions(
      presentOptions(runOptions(modelOptions(yargs.positional('model', modelPositional('; in Python: .keras, .h5, module.py:function'))))),
    )
      .option('level', {
        choices: ['stages', 'kernels'] as const,
        default: 'kernels' as const,
        describe: 'Record stages only, or every kernel too',
      })
      .option('overwrite', OVERWRITE)
      .option('graph-passes', {
        type: 'boolean',
        default: false,
        describe: 'SavedModel, ONNX: list the passes of the graph optimiser (loads the model again, in a separate process)',
      })
      .option(
        'processes',
        wholeNumber('processes', 'Processes that share the measured calls, for comparing with another run (3 or more for intervals)', {
          from: 1,
          to: 100,
        }),
      )
      .option('traffic', {
        type: 'string',
        describe:
          'Batch sizes and how often each is called between two starts, such as 1x500,7x40, or a run to take them from; tries padding and an open batch',
      })
      .option('quick', {
        type: 'boolean',
        default: false,
        describe: 'Quick run: 0.5 s per variant, no A/A control, no overhead measurement',
      })
      .option('js', {
        type: 'boolean',
        default: false,
        describe: 'Sample V8 in extra calls: JavaScript functions in the flamegraph, and a .cpuprofile and a 0x page per variant',
      })
      .option('backend', {
        choices: BACKENDS,
        describe: 'Backend of TensorFlow.js (default: tensorflow where tfjs-node is installed, else wasm or cpu)',
      })
      .option('export', { choices: SPAN_TARGETS, describe: 'Also send the spans, as `inferscope export` does' })
      .option('runtime', { choices: ['keras'] as const, describe: 'Run a SavedModel in Python (Keras files always run there)' })
      .option('python', {
        type: 'string',
        describe:
          'Python with TensorFlow for Keras models (default: $INFERSCOPE_PYTHON, the active virtual or conda environment, .venv, python3)',
      })
      .option('against', { choices: ['tfjs'] as const, describe: 'Keras models: also run the same weights in tfjs-node, and compare' })
      .option('endpoint', { type: 'string', describe: 'OTLP address for --export' }),
  run: async (args, terminal) => {
    if (args.against !== undefined && !isForKeras(args.model, args.runtime))
      throw new UserError('--against tfjs is for Keras models: this one already runs in tfjs-node.', EXIT.usage);
    if (args.export !== undefined) checkExport({ to: args.export, ...(args.endpoint === undefined ? {} : { endpoint: args.endpoint }) });
    const interrupt = onInterrupt(terminal.remark);
    const bars = progressBars(args.json);
    try {
      const result = await profiled(args, terminal, bars.onProgress, interrupt.signal);
      bars.stop();
      await presentReport(result.analysis, result.folder, args, terminal);
      const against =
        args.against === undefined || result.interrupted
          ? null
          : await againstTfjs(args.model, result, againstOptionsOf(args, bars.onProgress, interrupt.signal));
      interrupt.done();
      const exported = await exportedSpans(args, result, terminal);
      terminal.data({
        ...reportObject(result.analysis, result.files),
        ...againstData(result.folder, against),
        ...(exported === undefined ? {} : { export: spanExportData(exported.result) }),
      });
      if (against?.kind === 'compared') terminal.say(renderAgainstTfjs(against));
      if (against?.kind === 'skipped') terminal.remark(`tfjs was left out: ${against.reason}.`);
      for (const { variant, reason } of result.failures) terminal.remark(`${variant} was left out: ${reason}`);
      if (result.interrupted) return EXIT.interrupted;
      return exported?.exitCode ?? EXIT.ok;
    } finally {
      bars.stop();
      interrupt.done();
    }
  },
};

/** With an interrupt of its own. After an interrupted run nothing is sent: the user wants an end. */
async function exportedSpans(
  { export: to, endpoint }: Arguments,
  { folder, interrupted }: ProfileResult,
  terminal: Terminal,
): Promise<SentSpans | undefined> {
  if (to === undefined) return undefined;
  if (!interrupted) return await sendSpans(folder, to, { endpoint, resume: false }, terminal);
  terminal.remark(`The spans were not sent: send them with \`inferscope export ${folder} --to ${to}\`.`);
  return undefined;
}

/** In Python or here, whichever can read the model. */
async function profiled(
  args: Arguments & CommonArguments,
  terminal: Terminal,
  onProgress: ProfileOptions['onProgress'],
  signal: AbortSignal,
): Promise<ProfileResult> {
  if (args.traffic !== undefined && isForKeras(args.model, args.runtime))
    throw new UserError('--traffic tries graphs traced in tfjs-node, and a Keras model runs in Python: leave it out.', EXIT.usage);
  if (args.js && isForKeras(args.model, args.runtime))
    throw new UserError('--js samples JavaScript, and a Keras model runs in Python: leave it out.', EXIT.usage);
  if (isForKeras(args.model, args.runtime) && (args.processes ?? 1) > 1)
    throw new UserError(
      '--processes starts processes of Node.js, and a Keras model runs in Python: `inferscope compare` runs two of them alternately.',
      EXIT.usage,
    );
  const load = loadFrom(args);
  if (load !== undefined && isForKeras(args.model, args.runtime))
    throw new UserError(
      '--rate, --concurrency and --load-trace call a model in Node.js, and a Keras model runs in Python: leave them out.',
      EXIT.usage,
    );
  if (isForKeras(args.model, args.runtime)) return await profiledInPython(args, terminal, signal);
  const { traffic, processes } = args;
  if (processes !== undefined && processes > 1) return await profiledInProcesses(args, processes, terminal, signal);
  return await profileModel(args.model, {
    ...optionsOf(args),
    existing: existingOf(args),
    ...(traffic === undefined ? {} : { traffic: trafficFrom(traffic) }),
    ...(load === undefined ? {} : { load }),
    ...(onProgress === undefined ? {} : { onProgress }),
    signal,
  });
}

/** @throws UserError for what is done in one process only */
async function profiledInProcesses(args: Arguments, processes: number, { remark }: Terminal, signal: AbortSignal): Promise<ProfileResult> {
  const alone = (['js', 'graph-passes', 'traffic', 'rate', 'concurrency', 'load-trace'] as const).find(
    (name) => args[name] !== undefined && args[name] !== false,
  );
  if (alone !== undefined) throw new UserError(`--processes cannot be combined with --${alone}: leave one of them out.`, EXIT.usage);
  return await profileInProcesses(args.model, {
    ...optionsOf(args),
    existing: existingOf(args),
    processes,
    signal,
    onProcess: (number, of) => remark(`Process ${number} of ${of}`),
  });
}

async function profiledInPython(args: Arguments & CommonArguments, terminal: Terminal, signal: AbortSignal): Promise<ProfileResult> {
  const line = progressLine(args.json, terminal.remark);
  try {
    return await profileKeras(args.model, {
      ...kerasOptionsOf(args),
      existing: existingOf(args),
      signal,
      onProgress: (progress) => line.show(progress),
    });
  } finally {
    line.stop();
  }
}

const againstOptionsOf = (args: Arguments, onProgress: ProfileOptions['onProgress'], signal: AbortSignal): AgainstOptions => ({
  keras: { ...kerasOptionsOf(args), signal },
  warmup: args.warmup ?? DEFAULT_WARMUP,
  ...(args.calls === undefined ? {} : { calls: args.calls }),
  ...(onProgress === undefined ? {} : { onProgress }),
});

/** Options that the command line and the library call the same. */
const SAME_NAMES = [
  'batch',
  'seed',
  'tags',
  'signature',
  'feed',
  'threads',
  'variants',
  'calls',
  'duration',
  'warmup',
  'out',
  'level',
  'quick',
  'js',
  'backend',
] as const;

/** Command-line options as the library takes them; what was not given is left out. */
export function optionsOf(
  args: ModelArguments &
    RunArguments & {
      readonly level?: 'stages' | 'kernels';
      readonly quick?: boolean;
      readonly js?: boolean;
      readonly backend?: BackendName | undefined;
      readonly 'graph-passes'?: boolean;
    },
): ProfileOptions {
  return given({
    ...pick(args, SAME_NAMES),
    shapes: args.shape,
    inputs: args.input,
    graphPasses: args['graph-passes'],
    weightsOutside: args['weights-outside'] ? true : undefined,
  });
}

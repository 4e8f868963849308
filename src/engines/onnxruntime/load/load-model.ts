import path from 'node:path';
import type { InputSpec } from '../../../inputs/arrays.js';
import { makeArrays, type FedArrays } from '../../../inputs/fed-arrays.js';
import { EXIT, messageOf, UserError } from '../../../model/errors.js';
import type { ModelInfo, TensorSignature } from '../../../model/recording.js';
import { ONNX_RUNTIME } from '../../../model/variant.js';
import type { LoadedModel } from '../../../model/runnable.js';
import { sizeOf } from '../../../model/shape-size.js';
import type { ModelOptions } from '../../engine.js';
import { explainError } from './explain-error.js';
import { CARRIERS, feedsOf, halfPrecisionNote } from './feed.js';
import type { OnnxModel, OnnxValue } from './graph.js';
import { InputReader } from './input-facts.js';
import type { Ort } from './library.js';
import { countNodes, countParameters, hashOnnxModel, readOnnxModel, weightFiles } from './read-model.js';
import type { SessionSettings } from './session-options.js';
import { openSession, variantsOf } from './variants.js';

/** An ONNX model with the shapes of what it is fed. */
export interface LoadedOnnxModel extends LoadedModel {
  readonly fedShapes: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly asked: AskedOutputs;
}

/** What a run is asked for. */
export interface AskedOutputs {
  /** Undefined: all. */
  readonly fetches: readonly string[] | undefined;
  /** What is left out and why, a sentence. */
  readonly left: string | null;
}

/**
 * Reads an ONNX file, makes inputs for it, and the variants that can be called.
 *
 * Where lengths had to be chosen, the model is run once to see whether it takes them, and with others where it does not:
 * what a free dimension may be is written nowhere.
 *
 * @throws UserError for what is no ONNX model or is damaged, and for inputs that do not fit
 */
export async function loadOnnxModel(ort: Ort, file: string, options: ModelOptions, settings: SessionSettings): Promise<LoadedOnnxModel> {
  refuseOptions(file, options);
  const model = readOnnxModel(file, options.weightsOutside === true ? 'allow' : 'refuse');
  const specs = inputSpecs(model);
  const notes: string[] = [];
  const asked = askedOutputs(model, file);
  const { fetches } = asked;
  const fed = await fitting({ ort, file, specs, options, settings, fetches }, notes);
  const feeds = feedsOf(ort, fed, options.feed ?? 'fresh');
  notes.push(...(asked.left === null ? [] : [asked.left]), EXPLANATION, ...[halfPrecisionNote(specs)].flatMap((note) => note ?? []));
  const variants = variantsOf({ ort, file, settings, feeds, fetches, weightsApart: weightFiles(model.graph).length > 0 });
  return {
    info: infoOf(model, file, options),
    variants,
    usual: 'all/run',
    inputs: specs,
    fedShapes: fed.arrays,
    asked,
    inputSignature: fed.signature,
    batch: fed.batch,
    notes,
    dispose: () => {
      for (const variant of variants) variant.dispose();
    },
  };
}

function refuseOptions(file: string, { tags, signature }: ModelOptions): void {
  if (tags !== undefined || signature !== undefined)
    throw new UserError(
      `${file} is an ONNX model, and only a SavedModel has tags and signatures: leave out --tags and --signature.`,
      EXIT.usage,
    );
}

const infoOf = (model: OnnxModel, file: string, { name }: ModelOptions): ModelInfo => ({
  name: name ?? path.basename(file, path.extname(file)),
  path: file,
  runtime: ONNX_RUNTIME,
  sha256: hashOnnxModel(file, model.graph),
  parameters: countParameters(model.graph),
  nodes: countNodes(model.graph),
  inputs: model.graph.inputs.map(signatureOf),
  outputs: model.graph.outputs.map(signatureOf),
});

const signatureOf = ({ name, dtype, shape }: OnnxValue): TensorSignature => ({
  name,
  dtype,
  shape: (shape ?? []).map((length) => (typeof length === 'number' ? length : -1)),
});

/** @throws UserError for inputs that are no tensors */
function inputSpecs({ graph }: OnnxModel): readonly InputSpec[] {
  const reader = new InputReader(graph);
  return graph.inputs.map((input): InputSpec => {
    if (input.kind !== 'tensor')
      throw new UserError(
        `The input ${input.name} is a ${input.kind}, which the Node.js binding of ONNX Runtime cannot feed: export the model with tensors.`,
      );
    const signature = signatureOf(input);
    const size = signature.shape.includes(-1) || input.shape === null ? null : sizeOf(signature.shape);
    return {
      ...signature,
      ...(input.shape === null
        ? { unknownRank: true }
        : { dimensions: input.shape.map((length) => (typeof length === 'string' ? length : '')) }),
      ...reader.factsOf(input.name, size),
    };
  });
}

const EXPLANATION =
  'Variants are values of graphOptimizationLevel: disabled runs the graph as it was exported (uncompiled), all is what a program gets by default, ' +
  'offline is the graph that all makes of it, written to a file beforehand (compiled). The first call of each makes its session.';

/** The tensors among the outputs. @throws UserError where none is */
function askedOutputs({ graph }: OnnxModel, file: string): AskedOutputs {
  const others = graph.outputs.filter(({ kind }) => kind !== 'tensor');
  if (others.length === 0) return { fetches: undefined, left: null };
  const tensors = graph.outputs.filter(({ kind }) => kind === 'tensor').map(({ name }) => name);
  const what = others.map(({ name, kind }) => `${name} (a ${kind})`).join(', ');
  if (tensors.length === 0)
    throw new UserError(
      `The Node.js binding of ONNX Runtime reads tensors only, and ${file} gives ${what}: export the model with tensors.`,
    );
  return { fetches: tensors, left: `Not asked for: ${what}, because the Node.js binding of ONNX Runtime reads tensors only.` };
}

/** Lengths of sequences, and sides of pictures, that are tried after the first choice: what models most often want. */
const OTHER_LENGTHS = [32, 48, 64, 128, 224, 256, 320, 512, 576, 640, 1024, 2048, 16_000];

interface Fitting {
  readonly ort: Ort;
  readonly file: string;
  readonly specs: readonly InputSpec[];
  readonly options: ModelOptions;
  readonly settings: SessionSettings;
  readonly fetches: AskedOutputs['fetches'];
}

interface Made {
  readonly fed: FedArrays;
  readonly told: readonly string[];
}

async function fitting(model: Fitting, notes: string[]): Promise<FedArrays> {
  const { specs, options } = model;
  const make = (tried: Pick<ModelOptions, 'openLength' | 'batch'> = {}): Made => {
    const told: string[] = [];
    return { fed: makeArrays(specs, CARRIERS, { ...options, ...tried }, told), told };
  };
  const first = make();
  const unsure = first.fed.chosen.length > 0 || (options.batch ?? 1) > 1;
  const right = unsure ? await firstThatRuns(model, first, make) : first;
  notes.push(...right.told);
  return right.fed;
}

async function firstThatRuns(
  { ort, file, options: { batch = 1 }, settings, fetches }: Fitting,
  first: Made,
  make: (tried: Pick<ModelOptions, 'openLength' | 'batch'>) => Made,
): Promise<Made> {
  // Where nothing was chosen, or no session is made, the variants say why, each for itself.
  let session;
  try {
    session = await openSession({ ort, settings }, file, 'disabled');
  } catch {
    return first;
  }
  const failureOf = async ({ fed }: Made): Promise<string | null> => {
    try {
      await session.run(feedsOf(ort, fed, 'fresh')(), fetches);
      return null;
    } catch (thrown) {
      return messageOf(explainError(thrown));
    }
  };
  try {
    const why = await failureOf(first);
    if (why === null) return first;
    // Before other lengths: a header may promise a batch that the graph does not have.
    if (batch > 1 && (await failureOf(make({ batch: 1 }))) === null)
      throw new UserError(
        `--batch ${batch} does not fit: the graph of ${file} takes a batch of 1 only, whatever its header says; leave --batch out. (${why})`,
        EXIT.usage,
      );
    if (first.fed.chosen.length === 0) return first;
    for (const openLength of OTHER_LENGTHS) {
      const made = make({ openLength });
      if ((await failureOf(made)) === null) return made;
    }
    throw new UserError(
      `The model takes none of the sizes that were tried for ${first.fed.chosen.join(', ')}: give its own with --shape ${first.fed.chosen[0] ?? 'x'}=1,… (${why})`,
    );
  } finally {
    await session.release();
  }
}

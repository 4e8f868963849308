import { UserError } from '../../../model/errors.js';
import { DT, dtypeCode } from '../../../model/dtypes.js';
import { TraceRecorder } from './trace-recorder.js';
import type { Backend, LayersModel, Tensor, Tf } from './tfjs.js';
import { isTensor } from './tfjs.js';
import type { ResultShape, Trace } from './trace-model.js';
import { typeOfRef } from './trace-model.js';
import { watchCheckingKernels, watchLayers, watchRandom, watchShapes } from './watches.js';

/** What is traced: a call on a list of tensors, and the layers whose names become scopes of the nodes. */
export interface Traceable {
  readonly call: (inputs: Tensor[]) => unknown;
  readonly layers: LayersModel['layers'];
  /** Tensors made before the trace that may become constants, beside variables; `any`: all. */
  readonly captures: readonly Tensor[] | 'any';
}

export interface TraceRun {
  readonly trace: Trace;
  /** Results as operation-by-operation execution gave them; the caller disposes them. */
  readonly eager: readonly Tensor[];
  /** True when JavaScript drew random numbers during the call. */
  readonly usedRandom: boolean;
}

/**
 * Runs the call once on `inputs` and records it. Everything that is patched meanwhile is put back, also on a throw.
 * @throws UserError when the call cannot be a graph: it reads input values, is asynchronous or returns no tensors
 */
export function traceOnce(tf: Tf, backend: Backend, what: Traceable, inputs: readonly Tensor[]): TraceRun {
  const copies = inputs.map((input) => ownCopy(backend, input));
  const ids = backend.getInputTensorIds(copies);
  const inputTypes = copies.map(({ dtype, shape }, index) => ({ dtype: dtypeCode(dtype), shape: [...shape], id: ids[index] ?? -1 }));
  const recorder = new TraceRecorder(backend, inputTypes, (id) => isAllowed(tf, backend, what.captures, id));
  const undo = [watchLayers(recorder, what.layers), watchCheckingKernels(tf, recorder), watchShapes(tf, backend, recorder)];
  const random = watchRandom();
  recorder.install();
  try {
    const { eager, result } = runKept(tf, what, copies);
    const drawn = random.ownLine();
    if (drawn !== null) {
      for (const tensor of eager) tensor.dispose();
      throw new UserError(
        `This model cannot be traced into a graph: Math.random is called (${drawn}), and the graph would freeze its number. Pass random numbers as an input.`,
      );
    }
    const outputs = backend.getInputTensorIds(eager).map((id) => recorder.refOf(id, 'the result'));
    const parts = {
      inputs: inputTypes.map(({ dtype, shape }) => ({ dtype, shape })),
      constants: recorder.constants,
      nodes: recorder.nodes,
    };
    return {
      trace: {
        ...parts,
        outputs,
        outputTypes: outputs.map((ref) => typeOfRef(parts, ref)),
        result,
        folded: recorder.folded,
        capturedIds: recorder.capturedIds,
      },
      eager,
      usedRandom: random.count() > 0,
    };
  } finally {
    recorder.uninstall();
    random.undo();
    for (const step of undo.reverse()) step();
    for (const copy of copies) copy.dispose();
  }
}

/** Variables are watched for changes at each call; other tensors from before the trace must have been named. */
function isAllowed(tf: Tf, backend: Backend, captures: Traceable['captures'], id: number): boolean {
  if (captures === 'any') return true;
  const variables = Object.values(tf.engine().state.registeredVariables) as readonly Tensor[];
  return [...captures, ...variables].some(({ dataId }) => backend.tensorMap.get(dataId)?.id === id);
}

/** One call as the user makes it, nothing recorded. The results belong to the caller. */
export const runEagerly = (tf: Tf, what: Traceable, inputs: readonly Tensor[]): Tensor[] => runKept(tf, what, inputs).eager;

/** Runs the call in a tidy scope; the results are clones (no copy of data), so that disposing them frees nothing of the user's. */
export function runKept(tf: Tf, what: Traceable, inputs: readonly Tensor[]): { eager: Tensor[]; result: ResultShape } {
  const eager: Tensor[] = [];
  let result: ResultShape = { kind: 'single' };
  tf.tidy(() => {
    const value = what.call([...inputs]);
    const { tensors, shape } = flattenResult(value);
    result = shape;
    for (const tensor of tensors) eager.push(tf.keep(tf.clone(tensor as never) as never) as Tensor);
  });
  return { eager, result };
}

/** The tensors of a result, and its form. @throws UserError when `value` holds anything but tensors */
export function flattenResult(value: unknown): { tensors: Tensor[]; shape: ResultShape } {
  if (isTensor(value)) return { tensors: [value], shape: { kind: 'single' } };
  if (value instanceof Promise) {
    value.catch(() => undefined);
    throw new UserError(
      'An asynchronous function cannot be traced into a graph: it waits for values. Return tensors from a synchronous function.',
    );
  }
  if (Array.isArray(value) && value.length > 0 && value.every(isTensor)) return { tensors: value, shape: { kind: 'list' } };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    const tensors = entries.map(([, item]) => item as unknown).filter(isTensor);
    if (entries.length > 0 && tensors.length === entries.length)
      return { tensors, shape: { kind: 'map', keys: entries.map(([key]) => key) } };
  }
  throw new UserError('A traced function must return a tensor, a list of tensors or an object of tensors, and nothing else.');
}

/** A tensor of its own with the same data, so that an input given twice is two placeholders. */
function ownCopy(backend: Backend, tensor: Tensor): Tensor {
  const [id] = backend.getInputTensorIds([tensor]);
  if (id === undefined) throw new Error('a tensor without a native id');
  const { binding } = backend;
  if (tensor.dtype !== 'string') {
    const [copy] = binding.executeOp('Identity', [], [id], 1);
    if (copy === undefined) throw new Error('Identity gave no result');
    return backend.createOutputTensor(copy);
  }
  // Aliases of string tensors must not exist: tfjs-node frees shared strings when one of them is disposed.
  const copy = binding.createTensor(tensor.shape, DT.string, binding.tensorDataSync(id));
  return backend.createOutputTensor({ id: copy, shape: tensor.shape, dtype: DT.string });
}

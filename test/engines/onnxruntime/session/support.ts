import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OnnxInside, openOnnxInside } from '../../../../src/engines/onnxruntime/session/inside.js';
import type { ModelSource, OnnxBinding } from '../../../../src/engines/onnxruntime/seams/library.js';
import type { SessionView } from '../../../../src/engines/onnxruntime/seams/native-inside.js';
import type { SessionKernel, SessionTrace } from '../../../../src/model/session.js';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

const require = createRequire(import.meta.url);

export interface OnnxTensor {
  readonly data: Uint8Array | Float32Array | BigInt64Array | readonly string[];
  readonly dims: readonly number[];
}

export interface OnnxSession {
  readonly outputNames: readonly string[];
  run(feeds: object, options?: object): Promise<Record<string, OnnxTensor>>;
  release(): Promise<void>;
  endProfiling(): void;
}

export interface Ort {
  readonly InferenceSession: { create(model: string | Uint8Array, options?: object): Promise<OnnxSession> };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OnnxTensor;
}

export const entry = require.resolve('onnxruntime-node');
export const ort = require(entry) as Ort;
const { binding } = require(path.join(path.dirname(entry), 'binding.js')) as { binding: OnnxBinding };
/** Before anything wraps it. */
export const nativeSession = binding.InferenceSession;

export const fixture = (name: string): string => `test/fixtures/onnx-${name}.onnx`;

export function openInside(graphs: 'optimised' | 'own'): OnnxInside {
  const status = openOnnxInside({ nativeSession, ...(graphs === 'optimised' ? { entry } : {}) });
  if (status.status === 'unavailable') throw new Error(status.reason);
  if (!(status.inside instanceof OnnxInside)) throw new Error('no add-on');
  return status.inside;
}

export interface Opened {
  readonly session: OnnxSession;
  readonly view: SessionView;
  readonly inside: OnnxInside;
  /** Runs it once, traced. */
  trace(feeds: object): Promise<SessionTrace>;
}

/** A session of one thread, looked into; its graph is known when it is given. */
export async function openSession(
  model: string | Uint8Array,
  options: object = {},
  inside: OnnxInside = openInside('optimised'),
): Promise<Opened> {
  const all = { intraOpNumThreads: 1, ...options };
  inside.creationStarts();
  const session = await ort.InferenceSession.create(model, all);
  const source: ModelSource =
    typeof model === 'string' ? { kind: 'path', path: model, options: all } : { kind: 'bytes', bytes: model, options: all };
  const view = inside.open(source);
  if (view === null) throw new Error(inside.reasons().join(' '));
  await inside.graphsSeen();
  const trace = async (feeds: object): Promise<SessionTrace> => {
    view.tracer.traceNextRun();
    await session.run(feeds);
    const seen = view.tracer.takeTrace();
    if (seen === null) throw new Error(`no trace: ${JSON.stringify(view.tracer.counts)}`);
    return seen;
  };
  return { session, view, inside, trace };
}

export const floats = (dims: readonly number[], of: (index: number) => number = (index) => ((index * 37) % 17) / 17): OnnxTensor =>
  new ort.Tensor(
    'float32',
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, index) => of(index)),
    dims,
  );

export const longs = (values: readonly number[], dims: readonly number[]): OnnxTensor =>
  new ort.Tensor('int64', BigInt64Array.from(values.map(BigInt)), dims);

/** Kernels as an indented list: `MatMul mlp/MatMul ×3 [2,16] [16,8] → [2,8] = Conv+Relu`. */
export function draw(kernels: readonly SessionKernel[]): string[] {
  const depth = (kernel: SessionKernel): number => (kernel.parent < 0 ? 0 : 1 + depth(kernels[kernel.parent]!));
  return kernels.map((kernel) => {
    const { op, node, repeat, inputShapes, outputShapes, fused } = kernel;
    const parts = [
      op,
      node,
      repeat === 1 ? '' : `×${repeat}`,
      ...inputShapes,
      '→',
      ...outputShapes,
      fused.length === 0 ? '' : `= ${fused.join('+')}`,
    ];
    return `${'  '.repeat(depth(kernel))}${parts.filter((part) => part !== '').join(' ')}`;
  });
}

/** The bits of all outputs. */
export const bitsOf = (outputs: Record<string, OnnxTensor>): string =>
  Object.entries(outputs)
    .map(([name, { data, dims }]) => {
      const bits = 'buffer' in data ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') : data.join('\n');
      return `${name} ${dims.join('×')} ${bits}`;
    })
    .join('\n');

/** What the session's own profiler writes of one run. */
export async function textOfOwnProfile(model: string, options: object, feeds: object): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'onnx-own-'));
  const session = await ort.InferenceSession.create(model, {
    ...options,
    enableProfiling: true,
    profileFilePrefix: path.join(folder, 'own'),
  });
  await session.run(feeds);
  session.endProfiling();
  await session.release();
  const text = readFileSync(path.join(folder, readdirSync(folder)[0] ?? ''), 'utf8');
  rmSync(folder, { recursive: true });
  return text;
}

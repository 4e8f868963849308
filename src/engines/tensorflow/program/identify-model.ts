import path from 'node:path';
import type { ModelIdentity } from '../../in-program.js';

/** A weight as models of all kinds show it. */
interface Weight {
  readonly id: number;
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly size: number;
  dataSync?(): ArrayLike<number>;
}

/** What tells a model of TensorFlow.js from others: names, shapes and small values of its weights, or the session that it shares. */
export function identifyModel(model: object, runtime: string): ModelIdentity {
  const weights = weightsOf(model);
  const shapes = weights.map(({ name, dtype, shape }) => `${plainName(name)} ${dtype}[${shape.join(',')}]`);
  const session = sessionOf(model);
  return {
    architecture: weights.length > 0 ? shapes : session === undefined ? [] : [session],
    values: valuesOf(weights),
    name: nameOf(model, runtime),
    parameters: weights.length === 0 ? null : weights.reduce((sum, { size }) => sum + size, 0),
    weights: weights.map(({ id }) => id),
  };
}

/** Values that tell two models of one architecture apart: of small weights, and no more than so many. */
const SMALL_WEIGHT = 4096;
const MAX_VALUES = 65_536;

/** Without what tfjs adds to make the names of one process differ: `dense_Dense17/kernel_2`. */
const plainName = (name: string): string => name.replace(/(?:_\d+)+(?=\/|$)/g, '').replace(/(_[A-Z]\w*?)\d+(?=\/|$)/g, '$1');

function* valuesOf(weights: readonly Weight[]): Iterable<Uint8Array> {
  let left = MAX_VALUES;
  for (const weight of weights) {
    if (weight.size > SMALL_WEIGHT || weight.size > left || weight.dtype === 'string' || weight.dataSync === undefined) continue;
    left -= weight.size;
    yield Uint8Array.from(new Uint8Array(Float32Array.from(weight.dataSync()).buffer));
  }
}

/** Layers models hold variables, graph models tensors by name; of a SavedModel nothing is to be seen. */
function weightsOf(model: object): Weight[] {
  const listed: unknown = Reflect.get(model, 'weights');
  if (Array.isArray(listed))
    return listed.flatMap((layer: object) =>
      asWeight(Reflect.get(layer, 'val'), String(Reflect.get(layer, 'originalName') ?? Reflect.get(layer, 'name'))),
    );
  const executor: unknown = Reflect.get(model, 'executor');
  const map: unknown = listed ?? (typeof executor === 'object' && executor !== null ? Reflect.get(executor, 'weightMap') : undefined);
  if (typeof map !== 'object' || map === null) return [];
  return Object.entries(map).flatMap(([name, tensors]) =>
    Array.isArray(tensors) ? tensors.flatMap((tensor: unknown) => asWeight(tensor, name)) : [],
  );
}

function asWeight(value: unknown, name: string): Weight[] {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('shape' in value)) return [];
  const tensor = value as Weight;
  return [{ id: tensor.id, name, dtype: tensor.dtype, shape: tensor.shape, size: tensor.size, dataSync: () => tensor.dataSync?.() ?? [] }];
}

/** Two loads of one SavedModel share its session. */
function sessionOf(model: object): string | undefined {
  const session: unknown = Reflect.get(model, 'sessionId');
  return typeof session === 'number' ? `session ${session}` : undefined;
}

/** Keras' names of models nobody named. */
const MADE_UP = /^(?:sequential|model|functional)(?:_?\d+)*$/;

function nameOf(model: object, runtime: string): string {
  const from = fileOf(model);
  const own: unknown = Reflect.get(model, 'name');
  const named = typeof own === 'string' && own !== '' ? own : undefined;
  if (named !== undefined && !MADE_UP.test(named)) return named.replaceAll('/', '-');
  if (from !== undefined) return from;
  return named?.replaceAll('/', '-') ?? runtime;
}

/** The folder that a graph model was loaded from. */
function fileOf(model: object): string | undefined {
  const handler: unknown = Reflect.get(model, 'handler') ?? Reflect.get(model, 'modelUrl');
  const where: unknown = typeof handler === 'object' && handler !== null ? Reflect.get(handler, 'path') : handler;
  if (typeof where !== 'string' || where === '') return undefined;
  const parts = where.split(/[\\/]/).filter((part) => part !== '');
  const file = parts.pop() ?? '';
  return (/^model\.json$/.test(file) ? parts.pop() : path.parse(file).name)?.replace(/[?#].*$/, '') ?? undefined;
}

import { createHash } from 'node:crypto';
import path from 'node:path';
import type { CallSite } from '../../engines/call-site.js';
import type { CalledModel } from '../../model/called-model.js';

/** A weight as models of all kinds show it. */
interface Weight {
  readonly id: number;
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly size: number;
  dataSync?(): ArrayLike<number>;
}

/** Values that tell two models of one architecture apart: of small weights, and no more than so many. */
const SMALL_WEIGHT = 4096;
const MAX_VALUES = 65_536;

/** What is known of a model the first time it is called. */
export interface Identified {
  readonly model: CalledModel;
  /** Ids of its weights' tensors; empty from the second call on. */
  readonly weights: readonly number[];
}

/** Tells which model a call is of: two loads of one file are one model. */
export class CalledModels {
  readonly #known = new WeakMap<object, CalledModel>();
  readonly #instances = new Map<string, number>();
  #names = 0;

  /** `source`: the model that a compiled graph was made from. */
  of(site: Pick<CallSite, 'model' | 'runtime'>, source?: object): Identified {
    const object = source ?? site.model;
    const known = this.#known.get(object);
    if (known !== undefined) return { model: known, weights: [] };
    const { model, weights } = this.#look(object, site.runtime);
    this.#known.set(object, model);
    return { model, weights: weights.map(({ id }) => id) };
  }

  /** What cannot be looked at (a disposed model, one of another tfjs) is a model of its own; the call must go on. */
  #look(object: object, runtime: string): { readonly model: CalledModel; readonly weights: readonly Weight[] } {
    try {
      const weights = weightsOf(object);
      return { model: this.#describe(object, runtime, weights), weights };
    } catch {
      return { model: this.#describe({}, runtime, []), weights: [] };
    }
  }

  #describe(model: object, runtime: string, weights: readonly Weight[]): CalledModel {
    const shapes = weights.map(({ name, dtype, shape }) => `${plainName(name)} ${dtype}[${shape.join(',')}]`);
    const architecture = hash([runtime, ...(weights.length === 0 ? [sessionOf(model) ?? `object ${this.#names++}`] : shapes)]);
    const id = weights.length === 0 ? architecture : hash([architecture, ...valuesOf(weights)]);
    const instance = (this.#instances.get(id) ?? 0) + 1;
    this.#instances.set(id, instance);
    const parameters = weights.length === 0 ? null : weights.reduce((sum, { size }) => sum + size, 0);
    return { id, architecture, name: nameOf(model, runtime), runtime, parameters, instance };
  }
}

const hash = (parts: readonly (string | Uint8Array)[]): string => {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex').slice(0, 32);
};

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

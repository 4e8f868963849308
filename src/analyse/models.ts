import type { CalledModel } from '../model/called-model.js';
import type { ModelFigure } from '../model/analysis.js';
import type { CallRecord, Recording } from '../model/recording.js';
import { isCreation, PROGRAM, type Variant, variantKey } from '../model/variant.js';

/** More models of one architecture than this, each with weights of its own, are one that is made anew again and again. */
const MAX_OF_ONE_ARCHITECTURE = 8;

/** The recordings of a run, each variant of one model only, and the models. */
export interface ByModel {
  readonly recordings: readonly Recording[];
  /** Empty where the recordings tell no models apart (`profile`, Keras, older recordings). */
  readonly models: readonly ModelFigure[];
}

/**
 * Tells the models of a program apart: calls of one method of two models are two variants, named after their models, and
 * only variants of one model are compared. Loads of one file are one model.
 */
export function byModel(recordings: readonly Recording[]): ByModel {
  const models = new Models(recordings);
  if (models.size === 0) return { recordings, models: [] };
  const split = models.size === 1 || areSplit(recordings) ? recordings : recordings.map((recording) => splitVariants(recording, models));
  return { recordings: split, models: models.figures() };
}

/** Each variant of one model only already. */
const areSplit = (recordings: readonly Recording[]): boolean =>
  recordings.some(({ meta }) => meta.variants.some(({ model }) => model !== undefined));

/**
 * For recordings of two sides that are held against each other: where any has several models, each is split by the names of its
 * own, because what is compared may differ in its weights.
 */
export function modelsApart(recordings: readonly Recording[]): readonly Recording[] {
  const models = recordings.map((recording) => new Models([recording]));
  if (areSplit(recordings) || models.every(({ size }) => size <= 1)) return recordings;
  return recordings.map((recording, index) => {
    const own = models[index];
    return own === undefined || own.size === 0 ? recording : splitVariants(recording, own);
  });
}

/** The model of a call, undefined where the recording does not say. */
const calledModel = ({ details }: Recording, { model }: CallRecord): CalledModel | undefined =>
  model === undefined ? undefined : details[model]?.model;

interface Known {
  readonly model: CalledModel;
  readonly label: string;
  readonly instances: Set<string>;
  calls: number;
}

class Models {
  readonly #known = new Map<string, Known>();
  readonly #anew: ReadonlySet<string>;

  constructor(recordings: readonly Recording[]) {
    const called = recordings.flatMap((recording, index) =>
      recording.calls.flatMap((call) => {
        const model = calledModel(recording, call);
        const variant = recording.meta.variants[call.variant];
        const isCall = variant === undefined || !isCreation(variant);
        // A session that could not be made is no model of the program.
        return model === undefined || (!isCall && call.error !== undefined) ? [] : [{ model, index, isCall }];
      }),
    );
    const weights = new Map<string, Set<string>>();
    for (const { model } of called) weights.set(model.architecture, (weights.get(model.architecture) ?? new Set()).add(model.id));
    this.#anew = new Set([...weights].filter(([, ids]) => ids.size > MAX_OF_ONE_ARCHITECTURE).map(([architecture]) => architecture));
    for (const { model, index, isCall } of called) this.#count(model, index, isCall);
  }

  get size(): number {
    return this.#known.size;
  }

  /** The name and identity of a call's model. */
  of(model: CalledModel): { readonly id: string; readonly label: string } {
    const id = this.#idOf(model);
    return { id, label: this.#known.get(id)?.label ?? model.name };
  }

  figures(): readonly ModelFigure[] {
    return [...this.#known].map(([id, { model, label, instances, calls }]) => ({
      id,
      name: label,
      runtime: model.runtime,
      parameters: model.parameters,
      loads: instances.size,
      calls,
    }));
  }

  #idOf({ id, architecture }: CalledModel): string {
    return this.#anew.has(architecture) ? architecture : id;
  }

  #count(model: CalledModel, recording: number, isCall: boolean): void {
    const id = this.#idOf(model);
    const known = this.#known.get(id) ?? { model, label: this.#freeLabel(model.name), instances: new Set<string>(), calls: 0 };
    this.#known.set(id, known);
    known.instances.add(`${recording} ${model.id} ${model.instance}`);
    if (isCall) known.calls++;
  }

  /** Two models of one name are told apart by a number. */
  #freeLabel(name: string): string {
    const taken = new Set([...this.#known.values()].map(({ label }) => label));
    let label = name;
    for (let n = 2; taken.has(label); n++) label = `${name} #${n}`;
    return label;
  }
}

function splitVariants(recording: Recording, models: Models): Recording {
  const places = new Map<string, number>();
  const variants: Variant[] = [];
  const placeOf = (variant: Variant): number => {
    const key = variantKey(variant);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, variants.length);
    return variants.push(variant) - 1;
  };
  const named = (call: CallRecord): Variant => {
    const model = calledModel(recording, call);
    const variant = recording.meta.variants[call.variant] ?? { name: PROGRAM, call: 'unknown' };
    if (model === undefined) return variant;
    const { id, label } = models.of(model);
    const name = variant.name === PROGRAM ? label : `${label} ${variant.name}`;
    return { name, call: variant.call, model: id, ...(variant.alone === true ? { alone: true } : {}) };
  };
  const calls = recording.calls.map((call) => ({ call, variant: named(call) }));
  // The first variant of a model is what others are held against: a session that was made is nothing to hold calls against.
  for (const { variant } of calls) if (!isCreation(variant)) placeOf(variant);
  return {
    ...recording,
    meta: { ...recording.meta, variants },
    calls: calls.map(({ call, variant }) => ({ ...call, variant: placeOf(variant) })),
  };
}

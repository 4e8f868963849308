import type { FedSpec } from './arrays.js';
import { isFloat, rangeOf } from './carriers.js';
import { channelsMove, type ChannelsMove } from './layouts.js';

/** As what an input is made up. */
export interface Like {
  readonly spec: FedSpec;
  /** Its images have their channels elsewhere: made up as those of the other, they are moved. */
  readonly move: ChannelsMove | null;
}

/**
 * For each input the one of another model that it corresponds to, as which its values are made up, so that both models are fed the
 * same: of the same name, else the next one, where dtype and shape fit, for images in either layout. Itself where there is none.
 */
export function madeUpLike(specs: readonly FedSpec[], others: readonly FedSpec[]): readonly Like[] {
  const free = new Set(others);
  const take = (spec: FedSpec, isIt: (other: FedSpec) => boolean): FedSpec | undefined => {
    const found = [...free].find((other) => isIt(other) && corresponds(spec, other));
    if (found !== undefined) free.delete(found);
    return found;
  };
  const byName = specs.map((spec) => take(spec, ({ name }) => name === spec.name));
  return specs.map((spec, at) => {
    const other = byName[at] ?? take(spec, () => true);
    return other === undefined ? { spec, move: null } : { spec: withSmallerTable(other, spec), move: moveOf(spec, other) };
  });
}

function corresponds(one: FedSpec, other: FedSpec): boolean {
  if (family(one) !== family(other) || (one.dtype === 'uint8') !== (other.dtype === 'uint8')) return false;
  if (one.unknownRank === true || other.unknownRank === true) return one.unknownRank === other.unknownRank;
  return sameShape(one, other) || moveOf(one, other) !== null;
}

/** A known number of channels tells the layout where other lengths are open. */
const moveOf = (one: FedSpec, other: FedSpec): ChannelsMove | null =>
  one.carrier === 'string' || one.shape.join() === other.shape.join() ? null : channelsMove(other.shape, one.shape);

const sameShape = (one: FedSpec, other: FedSpec): boolean =>
  one.shape.length === other.shape.length &&
  one.shape.every((size, axis) => size === other.shape[axis] || size === -1 || other.shape[axis] === -1);

/** Engines carry whole numbers of one model in arrays of different widths. */
const family = ({ carrier }: FedSpec): string => (isFloat(carrier) ? 'float' : rangeOf(carrier) === null ? carrier : 'whole');

/** Ids must lie within the tables of both. */
function withSmallerTable(other: FedSpec, own: FedSpec): FedSpec {
  const limits = [other.indexLimit, own.indexLimit].filter((limit) => limit !== undefined);
  return limits.length === 0 ? other : { ...other, indexLimit: Math.min(...limits) };
}

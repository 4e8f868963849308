import type { CarrierDtype, FedSpec } from '../../inputs/arrays.js';
import { madeUpLike } from '../../inputs/made-up-like.js';
import type { PairLoaded } from './pair-side.js';

/** What a side is fed: as its model describes it, with the shapes of this run. */
export type FedSide = Pick<PairLoaded, 'inputs' | 'inputSignature'>;

/**
 * Whether both sides are fed the same: each input of one corresponds to one of the other, by name or place, with the same shape
 * or the channels of its images elsewhere. Whole numbers and fractions may be of other widths: the values are the same.
 */
export function inputsApart(one: FedSide, other: FedSide): 'same' | 'channels moved' | 'others' {
  const [ones, others] = [fed(one), fed(other)];
  if (ones === null || others === null || ones.length !== others.length)
    return one.inputSignature === other.inputSignature ? 'same' : 'others';
  const likes = madeUpLike(others, ones);
  if (likes.some(({ spec }, at) => spec === others[at])) return 'others';
  return likes.some(({ move }) => move !== null) ? 'channels moved' : 'same';
}

/** Null where the signature, as `describeSignature` writes it (`float32[1,3,8,8], int64[1]`), tells of others than the inputs. */
function fed({ inputs, inputSignature }: FedSide): readonly FedSpec[] | null {
  const told = [...inputSignature.matchAll(/([^,[\] ]+)\[([^\]]*)\]/g)];
  if (told.length !== inputs.length) return null;
  return inputs.map((spec, at) => {
    const [, dtype = '', shape = ''] = told[at] ?? [];
    const sizes = shape === '' ? [] : shape.split(',').map(Number);
    return { ...spec, dtype, shape: sizes, unknownRank: false, carrier: dtype as CarrierDtype, engine: '' };
  });
}

import { EXIT, UserError } from '../model/errors.js';
import type { LoadedModel, RunnableVariant } from '../model/runnable.js';
import { variantKey } from '../model/variant.js';
import { closest } from '../inputs/closest.js';

/**
 * Picks variants by state (`compiled`: all its calls), by call (`predict`: in all states) or exactly
 * (`compiled/predict`), in the order asked for, each once. No names: all variants.
 *
 * @throws UserError (usage) that lists what there is, with the nearest name.
 */
export function selectVariants(loaded: LoadedModel, names: readonly string[] = []): readonly RunnableVariant[] {
  const chosen = new Set<RunnableVariant>();
  for (const name of names) {
    const found = loaded.variants.filter(({ variant }) => [variantKey(variant), variant.name, variant.call].includes(name));
    if (found.length === 0) throw unknownVariant(name, loaded);
    for (const variant of found) chosen.add(variant);
  }
  return names.length === 0 ? loaded.variants : [...chosen];
}

/** The one that is measured where only one is. */
export const usualVariant = ({ variants, usual }: LoadedModel): RunnableVariant | undefined =>
  variants.find(({ variant }) => variantKey(variant) === usual) ?? variants[0];

function unknownVariant(name: string, loaded: LoadedModel): UserError {
  const keys = loaded.variants.map(({ variant }) => variantKey(variant));
  const parts = loaded.variants.flatMap(({ variant }) => [variant.name, variant.call]);
  const meant = closest(name, [...new Set([...keys, ...parts])]);
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return new UserError(`A ${loaded.info.runtime} has no variant ${name}; it has: ${keys.join(', ')}.${hint}`, EXIT.usage);
}

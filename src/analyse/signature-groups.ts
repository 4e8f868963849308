import { addToGroup } from '../model/add-to-group.js';
import { median } from '../model/median.js';
import type { CallRecord, Recording } from '../model/recording.js';
import type { SignatureGroup } from '../model/signatures.js';
import { controlOf, variantKey } from '../model/variant.js';

/** A call with its variant's key. */
interface Keyed {
  readonly key: string;
  readonly call: CallRecord;
}

/**
 * Signatures that differ in the sizes alone, together: one group a variant, list of dtypes and ranks. Groups of one
 * signature are left out; so are failed calls and controls.
 */
export function signatureGroups(recordings: readonly Recording[]): SignatureGroup[] {
  const groups = new Map<string, Keyed[]>();
  for (const { meta, calls } of recordings) {
    for (const call of calls) {
      const variant = meta.variants[call.variant];
      if (variant === undefined || call.error !== undefined || controlOf(variant) !== null) continue;
      const key = variantKey(variant);
      addToGroup(groups, `${key} ${kindOf(call.signature)}`, { key, call });
    }
  }
  return [...groups.values()].flatMap((keyed) => groupOf(keyed) ?? []);
}

function groupOf(keyed: readonly Keyed[]): SignatureGroup | undefined {
  const signatures = [...new Set(keyed.map(({ call }) => call.signature))];
  if (signatures.length < 2) return undefined;
  const built = keyed.filter(({ call }) => call.temperature !== 'warm');
  const warm = keyed.filter(({ call }) => call.temperature === 'warm' && call.traced !== true);
  const shapesBuilt = new Set(built.map(({ call }) => call.signature));
  return {
    variant: keyed[0]?.key ?? '',
    pattern: patternOf(signatures),
    signatures: signatures.length,
    calls: keyed.length,
    built: built.length,
    signaturesBuilt: shapesBuilt.size,
    warmNanos: median(warm.map(({ call }) => call.latencyNanos)),
  };
}

const DIMENSIONS = /\[([^\]]*)\]/g;

const sizesOf = (signature: string): readonly (readonly string[])[] =>
  [...signature.matchAll(DIMENSIONS)].map(([, sizes = '']) => sizes.split(','));

/** Dtypes and ranks: `float32[1,86,72,3]` and `float32[1,40,40,3]` are of one kind. */
const kindOf = (signature: string): string =>
  signature.replace(DIMENSIONS, (_, sizes: string) => `[${sizes === '' ? 0 : sizes.split(',').length}]`);

/** `float32[1,?,?,3]`: sizes that are not the same in all of them are open. All must be of one kind. */
export function patternOf(signatures: readonly string[]): string {
  const [first = ''] = signatures;
  const all = signatures.map(sizesOf);
  let tensor = 0;
  return first.replace(DIMENSIONS, () => {
    const here = tensor++;
    const sizes = (all[0]?.[here] ?? []).map((size, axis) => (all.every((other) => other[here]?.[axis] === size) ? size : '?'));
    return `[${sizes.join(',')}]`;
  });
}

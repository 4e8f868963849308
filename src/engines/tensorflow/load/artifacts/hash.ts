import { createHash } from 'node:crypto';

/**
 * SHA-256 (hex) of a model's topology and weights: equal for the same model under another name or in another folder.
 * Metadata (converter versions, training configuration) is left out.
 */
export function hashModel(topology: object, weights: readonly ArrayBuffer[]): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(topology));
  for (const part of weights) hash.update(new Uint8Array(part));
  return hash.digest('hex');
}

import { normalsFrom, uniformFrom } from '../model/random.js';

/** A seeded stream of numbers: the same seed and name give the same values on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Normal with mean 0 and variance 1. */
  normal(): number;
  /** Whole, uniform in [0, limit). */
  below(limit: number): number;
}

/**
 * The name of an input goes into the seed, so that another input beside it does not
 * change its values.
 */
export function seededRandom(seed: number, name: string): Random {
  const uniform = uniformFrom(seed ^ hashName(name));
  return {
    uniform,
    normal: normalsFrom(uniform),
    below: (limit) => Math.floor(uniform() * limit),
  };
}

/** FNV-1a, 32 bits. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Tensorflow from '@tensorflow/tfjs-node';
import { loadAddon, type NativeAddon } from '../../../../../src/engines/tensorflow/session/addon.js';

const require = createRequire(import.meta.url);

/** The add-on, loaded before tfjs-node, and tfjs-node. */
export function start(): { readonly addon: NativeAddon; readonly tf: typeof Tensorflow } {
  const status = loadAddon();
  if (status.status === 'unavailable') throw new Error(status.reason);
  return { addon: status.addon, tf: require('@tensorflow/tfjs-node') as typeof Tensorflow };
}

export const fixture = (name: string): string => fileURLToPath(new URL(`../../../../fixtures/session/${name}`, import.meta.url));

/** Input shapes of the fixtures. */
export const SHAPES = { dense: [32, 4], recurrent: [2, 100, 8], convolution: [1, 64, 64, 3], heavy: [512, 512] } as const;
export type FixtureName = keyof typeof SHAPES;

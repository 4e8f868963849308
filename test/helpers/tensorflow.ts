import { createRequire } from 'node:module';
import type { WrappedTf, InnerSeams } from '../../src/engines/tensorflow/seams/seams.js';
import { installLoadHook, innerSeamsOf } from '../../src/engines/tensorflow/seams/load-hook.js';

/** The real tfjs-node, loaded once a test file with the load hook in place. */
export function realTensorFlow(): { tf: typeof import('@tensorflow/tfjs-node'); seams: WrappedTf; inner: InnerSeams } {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  const uninstall = installLoadHook();
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@tensorflow/tfjs-node');
  const tf = require(entry) as typeof import('@tensorflow/tfjs-node');
  uninstall();
  return { tf, seams: tf, inner: innerSeamsOf(entry) };
}

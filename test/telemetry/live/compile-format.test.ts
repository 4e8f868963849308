import { Module } from 'node:module';
import { expect, it } from 'vitest';
import { restoreForTfjsNode } from '../../../src/engines/tensorflow/load/node-compat.js';
import { installLoadHook } from '../../../src/engines/tensorflow/seams/load-hook.js';
import { watchTensorFlow } from '../../../src/engines/tensorflow/program/watch.js';

it('what Node.js says of how to compile a file passes through every hook of ours', () => {
  const prototype = Module.prototype as unknown as { _compile: (...given: unknown[]) => unknown };
  const original = prototype._compile;
  const seen: unknown[][] = [];
  prototype._compile = (...given) => seen.push(given);
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '24.0.0' } });
  try {
    restoreForTfjsNode();
    installLoadHook();
    watchTensorFlow({ loaded: () => undefined });
    const files = ['/a/app.mts', '/a/node_modules/@tensorflow/tfjs-node/dist/index.js', '/a/node_modules/@tensorflow/tfjs/dist/tf.node.js'];
    for (const file of files) prototype._compile('source', file, 'module-typescript');
    // To tfjs' own modules a notice of their loading is appended.
    expect(seen).toEqual(
      files.map((file) => [file.includes('@tensorflow') ? expect.stringMatching(/^source/) : 'source', file, 'module-typescript']),
    );
  } finally {
    prototype._compile = original;
  }
});

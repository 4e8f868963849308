import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchWeb } from '../../../../src/engines/onnxruntime/program/watch-web.js';

interface WebAssemblyLike {
  instantiate(bytes: Uint8Array): Promise<{ readonly instance: object }>;
}
const wasm = (globalThis as unknown as { readonly WebAssembly: WebAssemblyLike }).WebAssembly;
const { instantiate } = wasm;
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-web-'));
let told: string[];

beforeEach(() => {
  told = [];
  watchWeb((file) => told.push(path.basename(file)));
});
afterEach(() => {
  wasm.instantiate = instantiate;
});

/** A WebAssembly module with nothing but a section of this text and so many bytes. */
function moduleWith(text: string, bytes: number): Uint8Array {
  const section = Buffer.concat([Buffer.from([1, 120]), Buffer.from(text.padEnd(bytes, '.'))]);
  const length: number[] = [];
  for (let rest = section.length; rest > 0; rest >>= 7) length.push((rest & 127) | (rest > 127 ? 128 : 0));
  return Buffer.concat([Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 0, ...length]), section]);
}

test('a bundle is known by its WebAssembly, and every module passes through', async () => {
  for (const [text, bytes, expected] of [
    ['of onnxruntime', 2 ** 20, ['watch-web.test.ts']],
    ['of onnxruntime', 100, []],
    ['of another library', 2 ** 20, []],
  ] as const) {
    told = [];
    await expect(wasm.instantiate(moduleWith(text, bytes))).resolves.toHaveProperty('instance');
    expect(told).toEqual(expected);
  }
  await expect(wasm.instantiate(Buffer.from('none'))).rejects.toThrow('WebAssembly');
});

test('an ES module of the package is known by its file', async () => {
  const file = path.join(folder, 'ort-wasm-simd-threaded.mjs');
  writeFileSync(file, 'export const make = async (bytes) => await WebAssembly.instantiate(bytes);');
  try {
    const { make } = (await import(pathToFileURL(file).href)) as { make(bytes: Uint8Array): Promise<object> };
    await expect(make(moduleWith('', 10))).resolves.toHaveProperty('instance');
    expect(told).toEqual(['ort-wasm-simd-threaded.mjs']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

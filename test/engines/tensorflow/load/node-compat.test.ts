import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';

/** What the package gives for `inferscope/node-compat`. */
const ESM = pathToFileURL(path.resolve('dist/telemetry/live/node-compat.js')).href;
const CJS = path.resolve('dist/cjs/node-compat.js');

let folder: string;

/** A stand-in for tfjs-node that calls `util` as the real one does. */
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'node-compat-'));
  const home = path.join(folder, 'node_modules/@tensorflow/tfjs-node');
  mkdirSync(path.join(home, 'dist'), { recursive: true });
  writeFileSync(path.join(home, 'package.json'), '{ "name": "@tensorflow/tfjs-node", "main": "dist/index.js" }');
  writeFileSync(
    path.join(home, 'dist/index.js'),
    'var util_1 = require("util");\nexports.call = () => [(0, util_1.isNullOrUndefined)(undefined), (0, util_1.isArray)([]), typeof util_1.promisify].join();',
  );
});

/** Runs a program; `util` loses or gets what `before` does to it, as if another Node.js ran. */
async function run(program: string, before = '', flags: readonly string[] = []): Promise<{ stdout: string; stderr: string }> {
  const file = path.join(folder, 'app.cjs');
  writeFileSync(file, `const util = require('util');\n${before}\n${program}`);
  return promisify(execFile)(process.execPath, [...flags, file]);
}

/** The deprecation that Node.js 22 puts around the functions. */
const AS_22 =
  "for (const name of ['isArray', 'isNullOrUndefined']) util[name] = util.deprecate(util[name] ?? ((v) => v == null), name + ' is deprecated', 'DEP_' + name);";
const AS_NEWER = 'delete util.isArray; delete util.isNullOrUndefined;';
const AS_VERSION = (version: string): string =>
  `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
const TFJS = "console.log(require('@tensorflow/tfjs-node').call());";

test('what is missing comes back', async () => {
  await expect(run(TFJS, AS_NEWER)).rejects.toThrow('is not a function');
  const { stdout, stderr } = await run(`require(${JSON.stringify(CJS)}); ${TFJS}`, AS_NEWER + AS_VERSION('24.0.0'));
  expect([stdout.trim(), stderr]).toEqual(['true,true,function', '']);
});

test('as a module, after tfjs-node has loaded', async () => {
  const late = `const tf = require('@tensorflow/tfjs-node'); import(${JSON.stringify(ESM)}).then(({ restored }) => console.log(tf.call(), restored.join()));`;
  const { stdout } = await run(late, AS_NEWER + AS_VERSION('24.0.0'));
  expect(stdout.trim()).toBe('true,true,function util.isArray,util.isNullOrUndefined');
});

test('nothing that is there is replaced, and nothing is put back that nobody took', async () => {
  const before = 'const mine = () => "mine"; util.isNullOrUndefined = mine; delete util.isArray; const names = Object.keys(util).length;';
  const program = `const { restored } = require(${JSON.stringify(CJS)}); console.log(util.isNullOrUndefined === mine, restored.join(), Object.keys(util).length - names);`;
  expect((await run(program, before)).stdout.trim()).toBe('true util.isArray 1');
});

test("tfjs-node's calls warn no longer, the program's own still do", async () => {
  const as22 = AS_22 + AS_VERSION('22.0.0');
  expect((await run(TFJS, as22)).stderr).toMatch(/DEP_isNullOrUndefined[^]*DEP_isArray/);
  const quiet = await run(`require(${JSON.stringify(CJS)}); ${TFJS}`, as22);
  expect([quiet.stdout.trim(), quiet.stderr]).toEqual(['true,true,function', '']);
  const { stderr } = await run(`require(${JSON.stringify(CJS)}); ${TFJS} util.isArray([]);`, as22);
  expect(stderr).toMatch(/DEP_isArray/);
  expect(stderr).not.toMatch(/DEP_isNullOrUndefined/);
});

/** What the recordings of a program would say it has only from us. */
const NEEDED = `import(${JSON.stringify(pathToFileURL(path.resolve('dist/engines/tensorflow/load/node-compat.js')).href)}).then(({ neededByTfjsNode }) => console.log('needed', neededByTfjsNode().join()));`;

test.each([
  ['does nothing of its own', '', 'needed util.isNullOrUndefined'],
  ['brings its own where there is none', 'util.isNullOrUndefined ??= (value) => value == null;', 'needed'],
  ['brings its own in any case', 'util.isNullOrUndefined = (value) => value == null;', 'needed'],
  ['imports what we offer', `require(${JSON.stringify(CJS)});`, 'needed'],
])('a program that %s', async (_, program, expected) => {
  const registered = `require(${JSON.stringify(path.resolve('dist/cjs/register.js'))});`;
  // The module's names are read before the function goes: in Node.js 24 it is not among them.
  const flags = ['--import', 'data:text/javascript,import "node:util"'];
  const { stdout } = await run(
    `${registered} ${TFJS} ${program} ${NEEDED}`,
    `delete util.isNullOrUndefined; ${AS_VERSION('24.0.0')}`,
    flags,
  );
  expect(stdout.trim().split('\n').at(-1)).toBe(expected);
});

/** Programs of users, type-checked against the packed package under every way in which TypeScript looks packages up. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { pack, projectWith } from '../../helpers/package.js';

const PROGRAM = `
import * as tf from '@tensorflow/tfjs-node';
import { compileToGraph, compiledGraphs, InferenceInstrumentation, Instrumentation, profileModel, Recorder, writeSavedModel, type CompiledGraph } from 'inferscope';
import 'inferscope/register';
import 'inferscope/node-compat';

const instrumentation = new InferenceInstrumentation({ kernels: 'off' });
instrumentation.attach(tf);
const recorder = new Recorder();
new Instrumentation({ tf, recorder, graphs: compiledGraphs }).enable();

const square = compileToGraph(tf, (x: tf.Tensor) => tf.mul(x, x));
const product = compileToGraph(tf, (a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(a, b));
const inferred = compileToGraph(tf, (x) => x.reshape([-1]).relu());
const twice = compileToGraph(tf, (x: tf.Tensor) => ({ x, twice: tf.add(x, x) }), { xla: true });

const layers: tf.LayersModel = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
const model: CompiledGraph<tf.Tensor> = compileToGraph(tf, layers);
const output = model.predict(tf.ones([1, 2])) as tf.Tensor;
output.print();
const results: (tf.Tensor | tf.Tensor[] | tf.NamedTensorMap)[] = [square, product, inferred, twice].map((graph) => graph.predict(tf.ones([2, 2])));
writeSavedModel(tf, layers, 'out', [[tf.ones([1, 2])]]);

export async function main(): Promise<void> {
  const graph: tf.GraphModel = await tf.loadGraphModel('file://model.json');
  await compileToGraph(tf, graph).predictAsync(results[0]);
  const { analysis, folder } = await profileModel('model/', { batch: 32 });
  console.log(analysis.variants.length, folder);
}
`;

const WRONG = `
import * as tf from '@tensorflow/tfjs-node';
import { compileToGraph, Instrumentation, Recorder } from 'inferscope';
compileToGraph(tf, (x: string) => x);
compileToGraph(tf, 5);
new Instrumentation({ tf: {}, recorder: new Recorder() });
`;

const project = await projectWith(await pack());
const TSC = path.resolve('node_modules/typescript/bin/tsc');

/**
 * What the compiler says of a file, with where it says it. In a process of its own: each takes seconds, and the runner must be
 * answered.
 */
async function check(file: string, text: string, options: readonly string[]): Promise<string[]> {
  writeFileSync(path.join(project, file), text);
  const args = ['--strict', '--noEmit', '--pretty', 'false', '--target', 'ES2022', '--types', 'node', ...options, file];
  const { stdout, stderr, exitCode } = await execa(process.execPath, [TSC, ...args], { cwd: project, reject: false });
  const said = [...stdout.matchAll(/^(\S.*?)\((\d+),\d+\): error (TS\d+: .*)$/gm)].map(
    ([, at, line, message]) => `${at}:${line} ${message}`,
  );
  if ((exitCode === 0) !== (said.length === 0)) throw new Error(`tsc ended with ${exitCode}: ${stdout}${stderr}`);
  return said;
}

const NODE_NEXT = ['--module', 'nodenext', '--moduleResolution', 'nodenext'];

describe('a program of a user type-checks', () => {
  it.each([
    ['bundler, a module', 'a.ts', ['--module', 'esnext', '--moduleResolution', 'bundler']],
    ['node16, a module', 'a.mts', ['--module', 'node16', '--moduleResolution', 'node16']],
    ['node16, CommonJS', 'a.cts', ['--module', 'node16', '--moduleResolution', 'node16']],
    ['nodenext, a module', 'a.mts', NODE_NEXT],
    ['nodenext, CommonJS', 'a.cts', NODE_NEXT],
  ])('%s', async (_, file, options) => {
    expect(await check(file, PROGRAM, [...options, '--skipLibCheck'])).toEqual([]);
  });

  it('with the strictest settings, where the declarations of packages are checked too: none of ours has an error', async () => {
    const said = await check('a.mts', PROGRAM, [...NODE_NEXT, '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess']);
    expect(said.filter((line) => line.startsWith('a.mts') || line.startsWith('node_modules/inferscope/'))).toEqual([]);
  });

  it('and one with mistakes does not', async () => {
    const said = await check('b.mts', WRONG, [...NODE_NEXT, '--skipLibCheck']);
    expect(said.map((line) => /^b\.mts:\d+/.exec(line)?.[0])).toEqual(['b.mts:4', 'b.mts:5', 'b.mts:6']);
  });
});

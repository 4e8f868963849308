/** Programs of users, type-checked against the packed package under every way in which TypeScript looks packages up. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { pack, projectWith } from '../../helpers/package.js';

const { ModuleKind, ModuleResolutionKind } = ts;

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

/** What the compiler says of a file, with where it says it; `libraries`: of what is declared in packages too. */
function check(file: string, text: string, options: ts.CompilerOptions, libraries: 'skipped' | 'checked' = 'skipped'): string[] {
  const name = path.join(project, file);
  writeFileSync(name, text);
  const all: ts.CompilerOptions = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, types: ['node'], skipLibCheck: libraries === 'skipped', ...options };
  const program = ts.createProgram([name], all);
  return ts.getPreEmitDiagnostics(program).map(({ code, file: at, start, messageText }) => {
    const line = at === undefined ? 0 : at.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    return `${at === undefined ? '' : path.relative(project, at.fileName)}:${line} TS${code} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

describe('a program of a user type-checks', () => {
  it.each([
    ['bundler, a module', 'a.ts', { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler }],
    ['node16, a module', 'a.mts', { module: ModuleKind.Node16, moduleResolution: ModuleResolutionKind.Node16 }],
    ['node16, CommonJS', 'a.cts', { module: ModuleKind.Node16, moduleResolution: ModuleResolutionKind.Node16 }],
    ['nodenext, a module', 'a.mts', { module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext }],
    ['nodenext, CommonJS', 'a.cts', { module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext }],
  ] as const)('%s', (_, file, options) => {
    expect(check(file, PROGRAM, options)).toEqual([]);
  });

  it('with the strictest settings, where the declarations of packages are checked too: none of ours has an error', () => {
    const strictest = { module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const said = check('a.mts', PROGRAM, strictest, 'checked');
    expect(said.filter((line) => line.startsWith('a.mts') || line.startsWith('node_modules/inferscope/'))).toEqual([]);
  });

  it('and one with mistakes does not', () => {
    const said = check('b.mts', WRONG, { module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext });
    expect(said.map((line) => /^b\.mts:\d+/.exec(line)?.[0])).toEqual(['b.mts:4', 'b.mts:5', 'b.mts:6']);
  });
});

import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeArrays } from '../../inputs/fed-arrays.js';
import { EXIT, messageOf, UserError } from '../../model/errors.js';
import type { ModelOptions } from '../engine.js';
import { feedsOf, CARRIERS, type Feeds } from './load/feed.js';
import { loadOnnxRuntime, type Ort, type OrtSession } from './load/library.js';
import { loadOnnxModel, type AskedOutputs } from './load/load-model.js';
import { countNodes, readOnnxModel, weightFiles } from './load/read-model.js';
import type { SessionSettings } from './load/session-options.js';
import { openSession, writeOptimised } from './load/variants.js';
import { explainError } from './load/explain-error.js';
import { tensorOutputs } from './outputs.js';

/** An optimised model that was written. */
export interface OptimisedModel {
  readonly file: string;
  readonly nodes: number;
  /** Of the model that it was made of. */
  readonly nodesBefore: number;
  readonly bytes: number;
  /** Largest difference of an output from the original's, over all checks; and as a share of that output's largest value. */
  readonly largestDifference: number;
  readonly relativeDifference: number;
  readonly checks: number;
  readonly notes: readonly string[];
}

const CHECKS = 3;
/** Relative change of an input that rounding to float32 makes. */
const ULP = 2 ** -23;
/** An output may move so many times as far as it does when its inputs are rounded, and by so much in any case. */
const TIMES_ROUNDING = 64;
const MIN_RELATIVE = 1e-5;

/**
 * Writes what ONNX Runtime's optimiser makes of a model at its highest level, so that programs need not do it at start.
 * It is run beside the original on several sets of inputs before it gets its name.
 *
 * @param out an `.onnx` file that does not exist yet
 * @throws UserError when the model does not load or run, or when what was written gives something else
 */
export async function compileOnnxModel(model: string, out: string, options: ModelOptions = {}): Promise<OptimisedModel> {
  if (!/\.onnx$/i.test(out)) throw new UserError(`${out} is to be an ONNX file: end its name in .onnx.`, EXIT.usage);
  for (const file of [out, `${out}.data`])
    if (existsSync(file)) throw new UserError(`${file} exists already: give another name, or remove it.`, EXIT.usage);
  const { ort } = loadOnnxRuntime(process.cwd());
  const settings: SessionSettings = { spinning: 'off' };
  const staging = stagingFolder(out);
  try {
    const staged = path.join(staging, path.basename(out));
    const before = readOnnxModel(model, options.weightsOutside === true ? 'allow' : 'refuse');
    const weightsApart = weightFiles(before.graph).length > 0;
    await writeOptimised({ ort, file: model, settings, weightsApart }, staged).catch((thrown: unknown) => {
      throw explainError(thrown);
    });
    const { left, ...checked } = await check({ ort, model, staged, options, settings });
    const bytes = readdirSync(staging).reduce((sum, name) => sum + statSync(path.join(staging, name)).size, 0);
    const { graph } = readOnnxModel(staged);
    // The model comes last: whoever sees it finds its weights.
    for (const name of readdirSync(staging).sort((a) => (a === path.basename(out) ? 1 : -1)))
      renameSync(path.join(staging, name), path.join(path.dirname(out), name));
    return {
      file: out,
      nodes: countNodes(graph),
      nodesBefore: countNodes(before.graph),
      bytes,
      ...checked,
      notes: [...(left === null ? [] : [left]), HOLDS_FOR()],
    };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

const HOLDS_FOR = (): string =>
  `Open it with graphOptimizationLevel disabled. It holds for this kind of processor (${os.cpus()[0]?.model.trim() ?? process.arch}, ${process.arch}) and this version of ONNX Runtime: make it again for another.`;

function stagingFolder(out: string): string {
  try {
    return mkdtempSync(path.join(path.dirname(path.resolve(out)), '.inferscope-'));
  } catch (thrown) {
    throw new UserError(`${path.dirname(out)} cannot be written (${messageOf(thrown)}): give another place.`, EXIT.io, { cause: thrown });
  }
}

interface Job {
  readonly ort: Ort;
  readonly model: string;
  readonly staged: string;
  readonly options: ModelOptions;
  readonly settings: SessionSettings;
}

interface Checked extends Pick<OptimisedModel, 'largestDifference' | 'relativeDifference' | 'checks'> {
  /** Outputs that were not compared and why, a sentence. */
  readonly left: string | null;
}

/** Runs both on sets of inputs that differ in their values. */
async function check(job: Job): Promise<Checked> {
  const { ort, model, staged, settings } = job;
  const [original, optimised] = [
    await openSession({ ort, settings }, model, 'disabled'),
    await openSession({ ort, settings }, staged, 'disabled'),
  ];
  let fed: Feeds = {};
  try {
    let [largestDifference, relativeDifference] = [0, 0];
    let left: string | null = null;
    for (let seed = 1; seed <= CHECKS; seed += 1) {
      const { feeds, asked } = await feedsFor(job, seed);
      fed = feeds;
      left = asked.left;
      const { moved, apart } = await runBoth({ original, optimised }, feeds, asked.fetches, ort);
      for (const [index, { name, absolute, relative }] of apart.entries()) {
        const allowed = Math.max(MIN_RELATIVE, TIMES_ROUNDING * (moved[index]?.relative ?? 0));
        if (!(relative <= allowed))
          throw new UserError(
            `The optimised model gives something else: its output ${name} is ${relative.toPrecision(2)} of the largest value away from the original's, and rounding explains ${allowed.toPrecision(2)}; nothing was written.`,
          );
        largestDifference = Math.max(largestDifference, absolute);
        relativeDifference = Math.max(relativeDifference, relative);
      }
    }
    return { largestDifference, relativeDifference, checks: CHECKS, left };
  } catch (thrown) {
    throw explainError(thrown, fed);
  } finally {
    await original.release();
    await optimised.release();
  }
}

/** Inputs of the sizes that the model takes, with the values of another seed. */
async function feedsFor(
  { ort, model, options, settings }: Job,
  more: number,
): Promise<{ readonly feeds: Feeds; readonly asked: AskedOutputs }> {
  const loaded = await loadOnnxModel(ort, model, options, settings);
  const shapes = loaded.fedShapes.map(({ name, shape }) => `${name}=${shape.join(',')}`);
  const given = options.inputs === undefined ? { shapes: shapes.filter((shape) => !shape.endsWith('=')) } : {};
  const made = makeArrays(loaded.inputs, CARRIERS, { ...options, ...given, seed: (options.seed ?? 1) + more - 1 }, []);
  return { feeds: feedsOf(ort, made, 'fresh')(), asked: loaded.asked };
}

interface Apart {
  readonly name: string;
  readonly absolute: number;
  /** Of the largest magnitude of the original's output. */
  readonly relative: number;
}

async function runBoth(
  { original, optimised }: { readonly original: OrtSession; readonly optimised: OrtSession },
  feeds: Feeds,
  fetches: AskedOutputs['fetches'],
  ort: Ort,
): Promise<{ readonly moved: readonly Apart[]; readonly apart: readonly Apart[] }> {
  const before = await original.run(feeds, fetches);
  const again = await original.run(rounded(feeds, ort), fetches);
  const after = await optimised.run(feeds, fetches);
  return { moved: distances(before, again), apart: distances(before, after) };
}

/** The inputs as rounding may change them: each float one step further. */
const rounded = (feeds: Feeds, ort: Ort): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [
      name,
      tensor.data instanceof Float32Array
        ? new ort.Tensor(
            tensor.type,
            tensor.data.map((value) => value * (1 + ULP)),
            tensor.dims,
          )
        : tensor,
    ]),
  );

function distances(one: object, other: object): readonly Apart[] {
  const others = tensorOutputs(other);
  return tensorOutputs(one).map(({ name, read }, index): Apart => {
    const [a, b] = [read(), others[index]?.read() ?? []];
    let [absolute, scale] = [a.length === b.length ? 0 : Infinity, 0];
    for (let at = 0; at < a.length; at += 1) {
      const [left, right] = [Number(a[at]), Number(b[at])];
      const same = a[at] === b[at] || Object.is(left, right);
      scale = Math.max(scale, Number.isFinite(left) ? Math.abs(left) : 0);
      if (!same) absolute = Math.max(absolute, Number.isFinite(left - right) ? Math.abs(left - right) : Infinity);
    }
    return { name: name ?? String(index), absolute, relative: absolute === 0 ? 0 : absolute / Math.max(scale, Number.MIN_VALUE) };
  });
}

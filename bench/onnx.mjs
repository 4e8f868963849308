/**
 * What looking into ONNX Runtime costs, and whether kernels add up to a run: `node bench/onnx.mjs [--json] [--smoke]` after
 * `npm run build`.
 *
 * Ratios are of blocks that take turns, with a 95 % interval of the median over the rounds. Models: tiny, loop and fused ones of the
 * tests; without --smoke a convolutional network and a transformer that scripts/onnx-models.mjs fetches, too.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ratio, tracingShare } from './statistics/rounds.mjs';

const UNAVAILABLE = 69;
const smoke = process.argv.includes('--smoke');
const ROUNDS = smoke ? 3 : 40;
/** Milliseconds that a block of calls should take. */
const BLOCK = smoke ? 2 : 20;
/** Time given to sampled calls of each model. */
const SAMPLED_MILLIS = smoke ? 100 : 6000;
/** Plain runs between traced ones: after so many, the caches hold the model again. */
const RUNS_BETWEEN = 40;
const THREADS = { intraOpNumThreads: 1 };

const require = createRequire(import.meta.url);
const fixture = (name) => fileURLToPath(new URL(`../test/fixtures/onnx-${name}.onnx`, import.meta.url));
/** @type {import('../dist/model/recorder.js').CallStart} */
const START = { variant: 0, temperature: 'warm', round: 0, signature: '', batch: 1 };

try {
  await main();
} catch (error) {
  if (!/Cannot find module 'onnxruntime-node'/.test(String(error))) throw error;
  console.error('onnxruntime-node is not installed: npm ci.');
  process.exit(UNAVAILABLE);
}

async function main() {
  const entry = require.resolve('onnxruntime-node');
  const ort = require(entry);
  const { binding } = require(path.join(path.dirname(entry), 'binding.js'));
  const { openOnnxInside } = await import('../dist/engines/onnxruntime/session/inside.js');
  const looked = openOnnxInside({ nativeSession: binding.InferenceSession });
  if (looked.status === 'unavailable') {
    console.error(looked.reason);
    process.exit(UNAVAILABLE);
  }
  const library = { ort, binding, inside: looked.inside };
  /** @type {import('./statistics/rounds.mjs').Result[]} */
  const results = [];
  for (const model of await models(ort)) {
    results.push(...(await overhead(library, model)), ...(await kernelSum(library, model)), ...(await levels(library, model)), ...(await rival(library, model)));
  }
  if (process.argv.includes('--json')) console.log(JSON.stringify({ results }));
  else for (const row of results) console.log(`${row.name}: ${(row.ratio ?? row.value).toFixed(3)} [${row.low.toFixed(3)}, ${row.high.toFixed(3)}]${row.goal === undefined ? '' : `, goal at most ${row.goal}`}`);
  process.exit(0);
}

async function models(ort) {
  const floats = (dims) => new ort.Tensor('float32', Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 37) % 17) / 17), dims);
  const longs = (dims, of) => new ort.Tensor('int64', BigInt64Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => BigInt(of(i))), dims);
  const made = [
    // Most of a tiny run is outside of any kernel: its sum is told, and is no goal.
    { name: 'tiny', file: fixture('tiny'), feeds: { x: floats([32, 4]) }, sums: 'told' },
    { name: 'loop of 20', file: fixture('loop'), feeds: { x: floats([8, 8]), count: longs([], () => 20) }, sums: 'told' },
    { name: 'fused', file: fixture('fusions'), feeds: { image: floats([8, 3, 8, 8]) }, sums: 'told' },
  ];
  if (smoke) return made;
  const { ensureOnnxModels } = await import('../scripts/onnx-models.mjs');
  const fetched = await ensureOnnxModels(['silero', 'classification', 'detection', 'minilm']).catch((error) => {
    console.error(`without the real models: ${error.message}`);
    return undefined;
  });
  if (fetched === undefined) return made;
  const ids = [1, 32];
  return [
    ...made,
    { name: 'speech (branches, LSTM)', file: fetched.silero, feeds: { input: floats([1, 512]), state: floats([2, 1, 128]), sr: longs([], () => 16000) }, sums: 'sought' },
    { name: 'cnn', file: fetched.classification, feeds: { x: floats([1, 3, 48, 192]) }, sums: 'sought' },
    { name: 'large cnn', file: fetched.detection, feeds: { x: floats([1, 3, 320, 320]) }, sums: 'sought' },
    {
      name: 'transformer',
      file: fetched.minilm,
      feeds: { input_ids: longs(ids, (i) => 1000 + i * 97), attention_mask: longs(ids, () => 1), token_type_ids: longs(ids, () => 0) },
      sums: 'sought',
    },
  ];
}

/** Recorded stages ÷ untouched, and what sampled tracing takes of all the time. */
async function overhead({ ort, binding, inside }, { name, file, feeds }) {
  const { OnnxInstrumentation } = await import('../dist/engines/onnxruntime/seams/instrumentation.js');
  const { Recorder } = await import('../dist/record/recorder.js');
  const library = { binding, InferenceSession: ort.InferenceSession };
  const recorder = new Recorder();
  const policy = () => START;
  const stages = new OnnxInstrumentation({ recorder, level: 'stages', inside, policy }, library);
  const kernels = new OnnxInstrumentation({ recorder, level: 'kernels', inside, policy }, library);
  const bare = await ort.InferenceSession.create(file, THREADS);
  const under = async (instrumentation, body) => {
    instrumentation.enable();
    try {
      return await body();
    } finally {
      instrumentation.disable();
      recorder.drain();
    }
  };
  const [staged, sampled] = [await under(stages, () => ort.InferenceSession.create(file, THREADS)), await under(kernels, () => ort.InferenceSession.create(file, THREADS))];
  const count = await callsFor(bare, feeds);
  const rounds = { bare: [], staged: [] };
  for (let round = -2; round < ROUNDS; round++) {
    const taken = {};
    for (const kind of round % 2 === 0 ? ['bare', 'staged'] : ['staged', 'bare'])
      taken[kind] = kind === 'bare' ? await time(count, () => bare.run(feeds)) : await under(stages, () => time(count, () => staged.run(feeds)));
    if (round >= 0) for (const kind of Object.keys(taken)) rounds[kind].push(taken[kind]);
  }
  const calls = { traced: [], plain: [] };
  await under(kernels, () => time(count * 4, () => sampled.run(feeds)));
  const until = performance.now() + SAMPLED_MILLIS;
  while (performance.now() < until)
    await under(kernels, async () => {
      const millis = [];
      for (let call = 0; call < count; call++) millis.push(await time(1, () => sampled.run(feeds)));
      recorder.drain().calls.forEach(({ traced }, index) => (traced === true ? calls.traced : calls.plain).push(millis[index]));
    });
  for (const session of [bare, staged, sampled]) await session.release();
  return [
    { name: `${name}: stages recorded ÷ untouched`, ...ratio(rounds.staged, rounds.bare), goal: 1.05 },
    { name: `${name}: share of the time that sampled tracing took (1 in ${Math.round((calls.plain.length + calls.traced.length) / Math.max(1, calls.traced.length))})`, ...tracingShare(calls), goal: 0.05 },
  ];
}

/**
 * Kernels of a traced run, without the profiler's share, ÷ a plain run as the C library sees it: one that follows a traced run, and so
 * finds the caches as cold as it does, and one among others.
 */
async function kernelSum({ ort, inside }, { name, file, feeds, sums }) {
  inside.creationStarts();
  const session = await ort.InferenceSession.create(file, THREADS);
  const view = inside.open({ kind: 'path', path: file, options: THREADS });
  const rounds = { after: [], plain: [], traced: [], kernels: [] };
  const between = Math.min(RUNS_BETWEEN, await callsFor(session, feeds));
  const plainRun = async () => {
    inside.lastRun();
    await session.run(feeds);
    const { startNanos, endNanos } = inside.lastRun();
    return endNanos - startNanos;
  };
  for (let round = -5; round < 2 * ROUNDS; round++) {
    const after = await plainRun();
    for (let run = 0; run < between; run++) await session.run(feeds);
    const plain = await plainRun();
    view.tracer.traceNextRun();
    await session.run(feeds);
    const trace = view.tracer.takeTrace();
    if (round < 0) continue;
    rounds.after.push(after);
    rounds.plain.push(plain);
    rounds.traced.push(trace.endNanos - trace.startNanos);
    rounds.kernels.push(trace.kernels.reduce((sum, { wallNanos }) => sum + wallNanos, 0));
  }
  await session.release();
  return [
    { name: `${name}: sum of kernels ÷ plain run after a traced one${sums === 'sought' ? ' (0.9 to 1.1 is sought)' : ''}`, ...ratio(rounds.kernels, rounds.after) },
    { name: `${name}: sum of kernels ÷ plain run among others`, ...ratio(rounds.kernels, rounds.plain) },
    { name: `${name}: one traced run ÷ plain run`, ...ratio(rounds.traced, rounds.plain) },
  ];
}

/** What the optimiser gains. */
async function levels({ ort }, { name, file, feeds }) {
  const sessions = {};
  for (const level of ['disabled', 'basic', 'extended', 'all']) sessions[level] = await ort.InferenceSession.create(file, { ...THREADS, graphOptimizationLevel: level });
  const count = await callsFor(sessions.disabled, feeds);
  const rounds = Object.fromEntries(Object.keys(sessions).map((level) => [level, []]));
  const names = Object.keys(sessions);
  for (let round = -2; round < ROUNDS; round++)
    for (let turn = 0; turn < names.length; turn++) {
      const level = names[(Math.abs(round) + turn) % names.length];
      const taken = await time(count, () => sessions[level].run(feeds));
      if (round >= 0) rounds[level].push(taken);
    }
  for (const session of Object.values(sessions)) await session.release();
  return ['basic', 'extended', 'all'].map((level) => ({ name: `${name}: ${level} ÷ disabled`, ...ratio(rounds[level], rounds.disabled) }));
}

/** The session's own profiling, which is always on. */
async function rival({ ort }, { name, file, feeds }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-bench-onnx-'));
  const plain = await ort.InferenceSession.create(file, THREADS);
  const profiled = await ort.InferenceSession.create(file, { ...THREADS, enableProfiling: true, profileFilePrefix: path.join(folder, 'own') });
  // It keeps a million events at most, and afterwards costs less.
  const count = Math.min(20, await callsFor(plain, feeds));
  const rounds = { plain: [], profiled: [] };
  for (let round = -2; round < ROUNDS; round++) {
    const taken = {};
    for (const [kind, session] of round % 2 === 0 ? [['plain', plain], ['profiled', profiled]] : [['profiled', profiled], ['plain', plain]])
      taken[kind] = await time(count, () => session.run(feeds));
    if (round >= 0) for (const kind of Object.keys(taken)) rounds[kind].push(taken[kind]);
  }
  profiled.endProfiling();
  for (const session of [plain, profiled]) await session.release();
  rmSync(folder, { recursive: true, force: true });
  return [{ name: `${name}: the session’s own profiling ÷ plain`, ...ratio(rounds.profiled, rounds.plain) }];
}

async function callsFor(session, feeds) {
  await time(3, () => session.run(feeds));
  return Math.max(1, Math.min(400, Math.round(BLOCK / (await time(5, () => session.run(feeds))))));
}

async function time(count, body) {
  const start = performance.now();
  for (let call = 0; call < count; call++) await body();
  return (performance.now() - start) / count;
}

/** Targets: files and lines of our own, and those that models and servers bring. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import { toldAnalysis as analyse } from '../../dist/runs/told.js';
import { readBaseline } from '../../dist/analyse/baseline-file.js';
import { checkAgainst } from '../../dist/analyse/gate.js';
import { parseAgentRecord } from '../../dist/engines/keras/schema.js';
import { AgentAssembler } from '../../dist/engines/keras/recording-from-agent.js';
import { recordingFromTraces } from '../../dist/telemetry/spans/from-traces.js';
import { jaegerAnswer } from '../../dist/telemetry/jaeger/answers.js';
import { outcomeOf } from '../../dist/telemetry/otlp/http-answer.js';
import { tracesDataFromSpans } from '../../dist/formats/otlp/write-json.js';
import { grpcAcceptance } from '../../dist/telemetry/otlp/transport-grpc.js';
import { spansFromRecording } from '../../dist/telemetry/spans/spans-from-recording.js';
import { checkStandardVariables } from '../../dist/telemetry/otlp/check-environment.js';
import { relevantVariables, tensorflowThreads } from '../../dist/model/environment-variables.js';
import { unpackLimitBytes } from '../../dist/model/unpack-limit.js';
import { configFromEnvironment } from '../../dist/telemetry/live/environment-config.js';
import { countParameters, readWeightFiles } from '../../dist/engines/tensorflow/load/artifacts/weight-files.js';
import { CARRIERS } from '../../dist/engines/tensorflow/load/to-tensor.js';
import { fedSpec } from '../../dist/inputs/arrays.js';
import { convertGiven } from '../../dist/inputs/convert.js';
import { parseNpy } from '../../dist/inputs/npy.js';
import { unpackArchive } from '../../dist/inputs/npz.js';
import { readModelJson, recogniseModel } from '../../dist/engines/tensorflow/load/recognise.js';
import { describeSavedModel } from '../../dist/engines/tensorflow/load/saved-model/describe.js';
import { writeRecording } from '../../dist/record/writer.js';
import { CHUNK, CHUNK_HEADER_BYTES, encodeChunk, encodeHeader, encodeJson, HEADER_BYTES } from '../../dist/record/format.js';
import { decodeRecording } from '../../dist/record/reader.js';
import { renderReportMarkdown } from '../../dist/report/report-markdown.js';
import { reportObject } from '../../dist/report/report-json.js';
import { FORMATS } from '../../dist/report/formats.js';
import { checkNumbers, checkText, checkTree, orRefused } from './checks.mjs';
import { mutate, random } from './mutate.mjs';

let folder;
const json = (value) => Buffer.from(JSON.stringify(value));

function chunksOf(bytes) {
  const chunks = [];
  for (let at = HEADER_BYTES; at + CHUNK_HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    chunks.push({ type: bytes.readUInt32LE(at), payload: bytes.subarray(at + CHUNK_HEADER_BYTES, at + CHUNK_HEADER_BYTES + length) });
    at += CHUNK_HEADER_BYTES + length;
  }
  return chunks;
}

const numbersOf = [NaN, Infinity, -Infinity, -1, 0, 0.5, 1e308, -1e308, 2 ** 53, 1e18, 5e-324];

/** A column's cell becomes something that it should not be; counts at the head of the chunk sometimes too. */
function damageSpans(payload, rng) {
  const damaged = Buffer.from(payload);
  const rows = Math.floor((payload.length - 16) / 34);
  for (let left = 1 + rng.below(3); left > 0; left -= 1) {
    const row = rng.below(Math.max(1, rows));
    const column = rng.below(8);
    if (column < 2 && rows > 0) damaged.writeDoubleLE(rng.below(2) === 0 ? rng.pick(numbersOf) : rng.below(1e9), 16 + column * 8 * rows + row * 8);
    else if (column < 6 && rows > 0) damaged.writeInt32LE(rng.pick([-1, 0, 1, row - 1, row, rows, 2 ** 31 - 1, -(2 ** 31)]), 16 + 16 * rows + (column - 2) * 4 * rows + row * 4);
    else if (rows > 0) damaged[16 + 32 * rows + rng.below(2 * rows)] = rng.pick([0, 1, 2, 4, 8, 9, 255]);
  }
  if (rng.below(8) === 0) damaged.writeDoubleLE(rng.pick(numbersOf), rng.below(2) * 8);
  return damaged;
}

/** Half of the damage is to the bytes, half to what is in the chunks, whose checksums are then right. */
function damageRecording(bytes, others, seed) {
  const rng = random(seed);
  if (rng.below(5) === 0) return mutate(bytes, others, seed);
  const chunks = chunksOf(bytes);
  for (let left = 1 + rng.below(3); left > 0 && chunks.length > 0; left -= 1) {
    const at = rng.below(chunks.length);
    const { type, payload } = chunks[at];
    const what = rng.below(12);
    if (what === 0) chunks.splice(at, 1);
    else if (what === 1) chunks.splice(rng.below(chunks.length), 0, chunks[at]);
    else if (what === 2) chunks[at] = { type: rng.pick(Object.values(CHUNK)), payload };
    else chunks[at] = { type, payload: type === CHUNK.spans && payload.length >= 16 + 34 ? damageSpans(payload, rng) : mutate(payload, [payload], seed + left) };
  }
  return Buffer.concat([encodeHeader(1), ...chunks.map(({ type, payload }) => encodeChunk(type, payload))]);
}

const environment = { inferscope: '0', node: 'v20', v8: '1', platform: 'linux', arch: 'x64', cpu: 'c', cpuCount: 2, memoryBytes: 1, backend: 'tensorflow', tensorflow: '2.15.1', packages: {}, threads: { intraOp: null, interOp: null }, flags: {}, hostHash: 'h' };
const tensor = { name: 'x', dtype: 'float32', shape: [-1, 4] };
const META = {
  version: 1, originEpochNanos: '1790000000000000000', model: { name: 'm', path: null, runtime: 'layers-model', sha256: null, parameters: 13, nodes: 2, inputs: [tensor], outputs: [tensor] },
  environment, variants: [{ name: 'uncompiled', call: 'predict' }, { name: 'graph', call: 'predict' }], inputSignature: 'float32[1,4]', batch: 1, seed: 1, tool: { insideNanos: 40, outsideNanos: 60, clockResolutionNanos: 1 },
};

/** Fourteen calls of four spans, every kind of chunk. */
function smallRecording() {
  const calls = Array.from({ length: 14 }, (_, i) => ({ variant: i % 2, rootSpan: i * 4, startNanos: i * 1000, latencyNanos: 900, temperature: i < 2 ? 'cold-session' : 'warm', round: i < 2 ? -1 : i >> 1, signature: `float32[${1 + (i % 3)},4]`, batch: 1, tensors: 1, ...(i === 9 ? { traced: true } : {}), ...(i === 13 ? { error: 'no' } : {}), ...(i % 4 === 0 ? { model: 2, memory: { rssBytes: 1, heapUsedBytes: 1, externalBytes: 1 } } : {}) }));
  const rows = calls.length * 4;
  const spans = Buffer.alloc(16 + 34 * rows);
  spans.writeDoubleLE(rows, 8);
  for (let row = 0; row < rows; row += 1) {
    const [call, place] = [row >> 2, row % 4];
    spans.writeDoubleLE(call * 1000 + place * 10, 16 + row * 8);
    spans.writeDoubleLE([900, 700, 300, 200][place], 16 + 8 * rows + row * 8);
    [place === 0 ? -1 : place === 3 ? row - 1 : call * 4 + place - 1, call, place, place === 3 ? 1 : 0].forEach((value, column) => spans.writeInt32LE(value, 16 + 16 * rows + column * 4 * rows + row * 4));
    spans[16 + 32 * rows + row] = [4, 0, 2, 2][place];
    spans[16 + 33 * rows + row] = [0, 1, 1, 4][place];
  }
  const group = { where: 'call', tensors: 14, bytes: 56, quarters: [3, 3, 4, 4], occasions: 14, places: ['a.js:1'] };
  const interval = [0.9, 1.1];
  return Buffer.concat([
    encodeHeader(1),
    encodeJson(CHUNK.meta, META),
    encodeJson(CHUNK.strings, { first: 0, values: ['predict', 'data-adapter', 'kernel-execution', 'MatMul'] }),
    encodeJson(CHUNK.details, { first: 0, values: [{}, { inputShapes: ['[1,4]'], outputShapes: ['[1,2]'], outputBytes: 8, layer: 'dense/inner', node: 'n', fused: ['Relu'], cause: 'first-trace', repeat: 2, iterationNanos: [1, 2], flops: 12, bytesMoved: 30, allocatedBytes: 8 }, { model: { id: 'a', architecture: 'b', name: 'c', runtime: 'layers-model', parameters: 3, instance: 1 } }, { held: { calls: 14, alive: 20, aliveAtHalf: 8, groups: [group] } }] }),
    encodeChunk(CHUNK.spans, spans),
    encodeJson(CHUNK.calls, calls),
    encodeJson(CHUNK.gc, [{ startNanos: 3100, durationNanos: 50, type: 'scavenge' }, { startNanos: 3400, durationNanos: 90, type: 'mark-sweep-compact' }]),
    encodeJson(CHUNK.conditions, { samples: 3, cpuCount: { start: 2, end: 2 }, cpuMhz: { low: 1, high: 2 }, probeNanos: { low: 1, median: 2, high: 3 }, referenceNanos: { low: 1, median: 2, high: 3 }, load: { start: 1, end: 1 }, throttledNanos: 3, preemptions: 1, memory: { limitBytes: 9, lowestAvailableBytes: 3, majorFaults: 0, stalledNanos: null } }),
    encodeJson(CHUNK.peak, { flopsPerSecond: 1e9, bytesPerSecond: 1e9 }),
    encodeJson(CHUNK.trials, [{ id: 'xla', variant: 'uncompiled/predict', change: 'compile', ratio: 0.7, interval, rounds: 8, baselineNanos: 900, buildingNanos: 100 }, { id: 'pad-to-buckets', variant: 'uncompiled/predict', change: 'pad', ratio: 0.7, interval, rounds: 8, traffic: { sizes: [{ batch: 1, calls: 4 }], buckets: [1], rows: 'independent', building: { exactNanos: 100, ratio: 0.7, interval } } }]),
    encodeJson(CHUNK.parity, { kind: 'compared', outputs: 1, absolute: 0.1, relative: null }),
    encodeJson(CHUNK.end, { spans: rows, calls: calls.length, lostSpans: 0 }),
    encodeJson(CHUNK.run, { notes: [{ kind: 'first-operation', millis: 3 }, { kind: 'keras-growth', variant: 'graph/predict', bytesPerCall: 8, nanos: null }], passes: [{ name: 'remapper', runs: 2, nanos: 9, nodeChange: -1, nodesAfter: 4 }] }),
    encodeJson(CHUNK.outside, [{ name: 'Add', count: 3, nanos: 40 }]),
  ]);
}

/** Differences, moments and what has no bound below may be negative; a round of the warm-up is. */
const MAY_BE_NEGATIVE = /\.(?:round|[a-zA-Z]*[Ss]aving\w*|tensors\w*|shape|startNanos|\w*[Ss]hift\w*|\w*[Ii]nterval|\w*[Dd]elta\w*|\w*[Dd]ifference\w*|seed|\w*Change)(?:\.\d+)*$/;

/** A recording as its file would be. */
function encoded(recording) {
  folder ??= scratchFolder();
  const file = path.join(folder, 'run.isr');
  writeRecording(file, recording);
  return readFileSync(file);
}

function readRecordingBytes(bytes) {
  orRefused(() => {
    const recording = decodeRecording(bytes, 'fuzz.isr');
    const analysis = analyse([recording]);
    for (const { tree } of analysis.variants) checkTree(tree);
    checkNumbers(reportObject(analysis), MAY_BE_NEGATIVE);
    checkText(renderReportMarkdown(analysis), bytes);
    for (const { render } of Object.values(FORMATS)) render({ analysis, recordings: [recording] });
  });
}

const sessionNanos = [900, 950, 930, 910];
const BASELINE = { baselineVersion: 3, madeAt: '2026-11-29T00:00:00Z', meta: META, variants: [{ key: 'graph/predict', sessionNanos, sessionReferenceNanos: sessionNanos, sessionLoopNanos: sessionNanos, sessionPercentiles: sessionNanos.map(() => Array.from({ length: 99 }, (_, i) => 900 + i)), stageNanos: { glue: 3, 'kernel-execution': 800 } }] };

function readBaselineBytes(bytes) {
  orRefused(() => {
    const was = readBaseline(bytes.toString('utf8'), 'fuzz.json');
    checkNumbers(checkAgainst(was, BASELINE, { maxRegression: 0.05, force: true }), MAY_BE_NEGATIVE);
    checkNumbers(checkAgainst(was, was, { maxRegression: 0.05, force: true, percentile: 95 }), MAY_BE_NEGATIVE);
  });
}

const AGENT = [
  { type: 'hello', protocol: 1, pid: 1, stages: ['glue', 'kernel-execution'], kinds: ['call', 'stage', 'kernel'] }, { type: 'clock', atNanos: 5, epochNanos: '1790000000000000000', errorNanos: 1 },
  { type: 'versions', packages: { python: '3.11', keras: '3' }, backend: 'tensorflow', executable: 'python' }, { type: 'seams', found: [{ seam: 'a', place: 'b' }], missing: [{ seam: 'c', tried: ['d'] }] },
  { type: 'tool', insideNanos: 1, outsideNanos: 1, clockResolutionNanos: 1 }, { type: 'model', name: 'm', parameters: 3, layers: null, inputs: [tensor], outputs: [tensor] }, { type: 'input', signature: 'float32[1,4]', batch: 1 },
  { type: 'variant', index: 0, name: 'eager', call: 'predict' }, { type: 'names', strings: ['predict', 'MatMul'], details: [{ cause: 'new-shape' }] },
  ...[0, 1, 2, 3].map((i) => ({ type: 'call', variant: 0, round: i - 1, temperature: i === 0 ? 'cold-session' : 'warm', startNanos: i * 1000, latencyNanos: 900, signature: 'float32[1,4]', batch: 1, gc: [{ startNanos: i * 1000 + 4, durationNanos: 9, generation: 1 }], ...(i === 3 ? {} : { spans: { start: [0, 10], duration: [900, 300], parent: [-1, 0], name: [0, 1], stage: [0, 1], kind: [0, 2], detail: [0, 1] }, traces: [{ row: 1, graph: 'model', function: 'f', cause: 'c', change: '' }] }) })),
  { type: 'memory', index: 0, bytes: 9, calls: 3 }, { type: 'agreement', index: 0, largestRelativeDifference: 0.1 }, { type: 'end' },
];

/** What was taken is a recording: refusing it later would be a fault. */
function readBack(recording) {
  try {
    return decodeRecording(encoded(recording), 'fuzz.isr');
  } catch (thrown) {
    throw new Error(`the recording cannot be read: ${thrown.message}`, { cause: thrown });
  }
}

/** The agent's pipe is ours on both sides: what is wrong is told with an Error, and what is taken makes a recording that reads back. */
function readAgentLines(bytes) {
  orRefused(
    () => {
      const assembler = new AgentAssembler();
      for (const line of bytes.toString('utf8').split('\n')) if (line !== '') assembler.take(parseAgentRecord(line));
      const recording = assembler.recording({ path: null, sha256: null, seed: 1, environment: () => environment }, assembler.ended);
      readBack(recording);
      checkNumbers(reportObject(analyse([recording])), MAY_BE_NEGATIVE);
    },
    (thrown) => thrown instanceof Error && thrown.constructor === Error && /^(?:the Keras agent|agent\.py)/.test(thrown.message),
  );
}

const npy = (dtype, shape, values, major = 1) => {
  const header = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(major === 1 ? 117 : 115) + '\n';
  return Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), major, 0, ...(major === 1 ? [header.length, 0] : [header.length, 0, 0, 0])]), Buffer.from(header, 'latin1'), Buffer.from(values.buffer)]);
};
const SPEC = { name: 'x', dtype: 'float32', shape: [-1, 2] };

function readNumpy(bytes) {
  orRefused(() => {
    const notes = [];
    const arrays = bytes[0] === 0x50 ? unpackArchive(bytes, 'fuzz.npz').map(([name, content]) => parseNpy(content, name.slice(0, 40))) : [parseNpy(bytes, 'fuzz.npy')];
    for (const array of arrays) {
      if (array.data.length > bytes.length * 1100) throw new Error(`${bytes.length} bytes became ${array.data.length} values`);
      checkNumbers(array.shape);
      orRefused(() => convertGiven(array, fedSpec({ ...SPEC, shape: array.shape, dtype: array.dtype === 'string' ? 'string' : 'float32' }, CARRIERS), 'fuzz.npy', notes));
    }
  });
}

/** A model.json beside a weight file of 24 bytes. */
const MODEL = {
  format: 'layers-model', modelTopology: { class_name: 'Sequential', config: { layers: [] } },
  weightsManifest: [{ paths: ['w.bin'], weights: [{ name: 'k', shape: [2, 2], dtype: 'float32' }, { name: 'b', shape: [2], dtype: 'int32' }] }],
};
const scratchFolder = () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fuzz-model-'));
  writeFileSync(path.join(folder, 'w.bin'), Buffer.alloc(24));
  writeFileSync(path.join(folder, 's.bin'), Buffer.from([1, 0, 0, 0, 65, 2, 0, 0, 0, 66, 67]));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
function readModel(bytes) {
  orRefused(() => {
    folder ??= scratchFolder();
    writeFileSync(path.join(folder, 'model.json'), bytes);
    const { runtime } = recogniseModel(folder);
    const { specs, data } = readWeightFiles(readModelJson(path.join(folder, 'model.json')).weightsManifest, folder);
    checkNumbers([countParameters(specs), data.byteLength, runtime]);
  });
}

function readSavedModel(bytes) {
  orRefused(() => {
    const { inputs, outputs, parameters, graph } = describeSavedModel(bytes, 'fuzz', {});
    checkNumbers([inputs.length, outputs.length, parameters, graph.functionNodes]);
    // -1 stands for a free dimension.
    for (const { shape } of [...inputs, ...outputs]) if (!shape.every((length) => Number.isSafeInteger(length) && length >= -1)) throw new Error(`a shape that cannot be: ${shape.join()}`);
  });
}

const VARIABLES = [
  'OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318\nOTEL_EXPORTER_OTLP_HEADERS=a=b,c=d\nOTEL_TRACES_SAMPLER=traceidratio\nOTEL_TRACES_SAMPLER_ARG=0.5\nOTEL_EXPORTER_OTLP_TIMEOUT=100\nOTEL_RESOURCE_ATTRIBUTES=k=v\nOTEL_EXPORTER_OTLP_PROTOCOL=grpc',
  'INFERSCOPE_KERNELS=3\nINFERSCOPE_SPAN_BUDGET=10\nINFERSCOPE_END_SECONDS=2\nINFERSCOPE_METRICS=all\nINFERSCOPE_MINIMUM_KERNEL_MICROS=1.5\nINFERSCOPE_SESSION_KERNELS=off\nINFERSCOPE_UNPACK_LIMIT_MB=10',
  'TF_NUM_INTRAOP_THREADS=2\nTF_CONFIG={"cluster":{"worker":["secret-4711:1"]}}\nNODE_OPTIONS=--require ./a.js --max-old-space-size=4096\nXLA_FLAGS=--xla_dump_to=/secret-4711\nOMP_NUM_THREADS=4',
];

function readVariables(bytes) {
  const variables = Object.fromEntries(bytes.toString('utf8').split('\n').map((line) => [line.slice(0, Math.max(0, line.indexOf('='))), line.slice(line.indexOf('=') + 1)]));
  orRefused(() => checkNumbers(configFromEnvironment(variables)));
  orRefused(() => checkStandardVariables(variables));
  orRefused(() => checkNumbers([unpackLimitBytes(variables)]));
  if (JSON.stringify(relevantVariables(variables)).includes('secret-4711')) throw new Error('a secret was recorded');
  checkNumbers(tensorflowThreads(variables));
}

/** What a Jaeger answers to each question; the calls among the traces make a recording that reads back. */
function readJaegerAnswer(bytes) {
  const body = bytes.toString('utf8');
  orRefused(() => jaegerAnswer('services', body, 'http://x'));
  orRefused(() => jaegerAnswer('ids', body, 'http://x'));
  const answer = orRefused(() => jaegerAnswer('traces', body, 'http://x'));
  const recording = recordingFromTraces(answer?.result ?? {});
  if (recording !== null) readBack(recording);
}

const jaegerTraces = () => json({ result: tracesDataFromSpans([...spansFromRecording(decodeRecording(smallRecording(), 'fuzz.isr')).rows()].map(({ span }) => span)) });

/** What a collector answers to 200 spans over gRPC. */
function readGrpcAnswer(bytes) {
  const outcome = grpcAcceptance(bytes, 'http://x', 200);
  checkNumbers(outcome);
  if (outcome.kind === 'accepted' && !(Number.isInteger(outcome.rejected) && outcome.rejected >= 0 && outcome.rejected <= 200)) throw new Error(`refused: ${outcome.rejected} of 200`);
}

/** What a server answers to 200 spans: between none and all of them were refused, whatever it says. */
function readAnswer(bytes) {
  for (const type of ['application/json', 'application/x-protobuf', 'text/html']) {
    const outcome = outcomeOf({ status: 200, headers: { 'content-type': type }, body: bytes }, 'http://x', 200);
    checkNumbers(outcome);
    if (outcome.kind === 'accepted' && !(Number.isInteger(outcome.rejected) && outcome.rejected >= 0 && outcome.rejected <= 200)) throw new Error(`refused: ${outcome.rejected} of 200`);
    if (type === 'text/html' && outcome.kind === 'accepted' && bytes.length > 0) throw new Error('a page of HTML was taken for an answer');
  }
}

export const OURS = [
  { name: 'recording', seeds: () => [smallRecording()], damage: damageRecording, run: readRecordingBytes },
  { name: 'baseline', seeds: () => [json(BASELINE)], run: readBaselineBytes },
  { name: 'agent-lines', seeds: () => [Buffer.from(AGENT.map((record) => JSON.stringify(record)).join('\n'))], run: readAgentLines },
  { name: 'numpy', seeds: () => { const arrays = [npy('<f4', '(2, 2)', new Float32Array(4)), npy('<i8', '(3,)', new BigInt64Array(3), 2), npy('<U2', '(2,)', new Uint32Array([65, 66, 67, 0])), npy('|b1', '()', new Uint8Array(1))]; return [...arrays, Buffer.from(zipSync({ 'a.npy': arrays[0], 'b.npy': arrays[1] }))]; }, run: readNumpy },
  { name: 'model-json', seeds: () => [json(MODEL), json({ ...MODEL, weightsManifest: [{ paths: ['s.bin'], weights: [{ name: 't', shape: [2], dtype: 'string' }] }] }), json({ modelTopology: { node: [] }, weightsManifest: [{ paths: ['w.bin'], weights: [{ name: 'k', shape: [24], dtype: 'float32', quantization: { dtype: 'uint8', min: 0, scale: 1 } }] }] })], run: readModel },
  { name: 'saved-model', seeds: () => ['tiny', 'loop', 'mixed'].map((name) => readFileSync(`test/fixtures/saved-model-${name}/saved_model.pb`)), run: readSavedModel },
  { name: 'variables', seeds: () => VARIABLES.map((text) => Buffer.from(text)), run: readVariables },
  { name: 'jaeger-answers', seeds: () => [jaegerTraces(), json({ services: ['a', 'b'] }), json({ data: [{ traceID: 'ab12' }] }), Buffer.from('<html></html>')], run: readJaegerAnswer },
  { name: 'grpc-answers', seeds: () => [Buffer.alloc(0), Buffer.from([0x0a, 0x06, 0x08, 0x07, 0x12, 0x02, 0x6e, 0x6f]), Buffer.from([0x0a, 0x0b, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])], run: readGrpcAnswer },
  { name: 'answers', seeds: () => [json({}), json({ partialSuccess: { rejectedSpans: '7', errorMessage: 'no' } }), Buffer.from([0x0a, 0x06, 0x08, 0x07, 0x12, 0x02, 0x6e, 0x6f]), Buffer.from('<html><body>Log in</body></html>')], run: readAnswer },
];

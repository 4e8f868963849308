// Run by inside.test.ts: node old-version.cjs PROJECT MODEL DIST. What is seen of a version that profiles no single run, as JSON.
process.env.ORT_DISABLE_TELEMETRY = '1';
const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const [project, model, dist] = process.argv.slice(2);

async function main() {
  const entry = createRequire(path.join(project, 'package.json')).resolve('onnxruntime-node');
  const ort = require(entry);
  const { binding } = require(path.join(path.dirname(entry), 'binding.js'));
  const { openOnnxInside } = await import(pathToFileURL(path.join(dist, 'engines/onnxruntime/session/inside.js')).href);
  const { inside } = openOnnxInside({ nativeSession: binding.InferenceSession, entry });
  inside.creationStarts();
  const session = await ort.InferenceSession.create(model);
  const created = inside.creationEnds();
  const view = inside.open({ kind: 'path', path: model, options: {} });
  const { y } = await session.run({ x: new ort.Tensor('float32', new Float32Array(8), [2, 4]) });
  const run = inside.lastRun();
  const seen = { created: created.endNanos > created.startNanos, run: run.endNanos > run.startNanos, kernels: view !== null };
  console.log(JSON.stringify({ ...seen, reasons: inside.reasons(), outputs: y.data.length }));
}
main();

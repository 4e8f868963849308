// Runs a session in a module and in a worker made of a text, which is CommonJS.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';

const model = new URL('../../../fixtures/onnx-tiny.onnx', import.meta.url).pathname;
const session = await ort.InferenceSession.create(model);
for (let i = 0; i < 3; i++) await session.run({ x: new ort.Tensor('float32', new Float32Array(8), [2, 4]) });
const text = `const ort = require('onnxruntime-node');
ort.InferenceSession.create(${JSON.stringify(model)}).then((session) => session.run({ x: new ort.Tensor('float32', new Float32Array(8), [2, 4]) }));`;
await once(new Worker(text, { eval: true }), 'exit');

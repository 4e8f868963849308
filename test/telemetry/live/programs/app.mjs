import { trace } from '@opentelemetry/api';
import * as tf from '@tensorflow/tfjs-node';

const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
await trace.getTracer('app').startActiveSpan('request', async (request) => {
  for (let i = 0; i < 3; i++) await tf.tidy(() => model.predict(tf.ones([2, 4]))).data();
  request.end();
});

const { trace } = require('@opentelemetry/api');
const tf = require('@tensorflow/tfjs-node');

const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
trace.getTracer('app').startActiveSpan('request', (request) => {
  for (let i = 0; i < 3; i++) tf.tidy(() => model.predict(tf.ones([2, 4])).dataSync());
  request.end();
});

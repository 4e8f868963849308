/**
 * Two models, each with a function of its own that keeps the processor busy, called in turn inside of spans of the program, and a
 * third function outside of any call. Prints each call's span and what it was for.
 */
const { trace, context } = require('@opentelemetry/api');
const tf = require('@tensorflow/tfjs-node');

const MILLIS = Number(process.env.PLANTED_MILLIS ?? 30);
const ROUNDS = Number(process.env.PLANTED_ROUNDS ?? 10);

function busy() {
  const until = performance.now() + MILLIS;
  let sum = 0;
  while (performance.now() < until) for (let i = 0; i < 1000; i++) sum += Math.sqrt(i);
  return sum;
}
function plantedInA() {
  return busy();
}
function plantedInB() {
  return busy();
}
function plantedOutside() {
  return busy();
}

class Planted extends tf.layers.Layer {
  constructor({ body, ...config }) {
    super(config);
    this.body = body;
  }
  call(inputs) {
    this.body();
    return tf.tidy(() => tf.add(Array.isArray(inputs) ? inputs[0] : inputs, 1));
  }
  static get className() {
    return 'Planted';
  }
}
tf.serialization.registerClass(Planted);

const modelWith = (name, body) => tf.sequential({ name, layers: [new Planted({ body, inputShape: [4] })] });
const models = { a: modelWith('a', plantedInA), b: modelWith('b', plantedInB) };
const tracer = trace.getTracer('planted');
const input = tf.ones([2, 4]);
for (let round = 0; round < ROUNDS; round++) {
  for (const name of ['a', 'b']) {
    const span = tracer.startSpan(`request-${name}`);
    context.with(trace.setSpan(context.active(), span), () => models[name].predict(input).dispose());
    span.end();
    plantedOutside();
  }
}

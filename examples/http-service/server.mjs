/** An HTTP service with a model. Nothing in it knows about Inferscope. */
import { createServer } from 'node:http';
import { context, propagation, trace } from '@opentelemetry/api';
import tf from '@tensorflow/tfjs-node';

const model = tf.sequential();
model.add(tf.layers.dense({ units: 64, activation: 'relu', inputShape: [16] }));
model.add(tf.layers.dense({ units: 4, activation: 'softmax' }));

const tracer = trace.getTracer('http-service');

/** Reads `{"rows": [[16 numbers], …]}` and answers with the scores of each row. */
async function score(request, response) {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { rows } = JSON.parse(body);
  const output = tf.tidy(() => model.predict(tf.tensor2d(rows, [rows.length, 16])));
  const scores = await output.array();
  output.dispose();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ scores }));
}

const server = createServer((request, response) => {
  const parent = propagation.extract(context.active(), request.headers);
  tracer.startActiveSpan('POST /score', {}, parent, async (span) => {
    try {
      await score(request, response);
    } catch (error) {
      span.recordException(error);
      response.statusCode = 400;
      response.end();
    } finally {
      span.end();
    }
  });
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/score`));

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, it } from 'vitest';
import { LiveProgram, model, pathOf, tf } from './live-program.js';

let program: LiveProgram;
afterEach(() => program.stop());

type Answer = (rows: number) => Promise<void>;

/** A wait, in which other requests go on. */
async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await turn();
}

/** A real HTTP server whose handler runs in a span of its own, as an HTTP instrumentation would make it. */
async function serve(answer: Answer, requests: number): Promise<void> {
  const tracer = trace.getTracer('http');
  const server = createServer((request, response) => {
    const rows = Number(request.url?.slice(1));
    void tracer.startActiveSpan('request', { attributes: { 'test.rows': rows } }, async (span) => {
      await answer(rows);
      span.end();
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await Promise.all(Array.from({ length: requests }, async (_, at) => (await fetch(`${url}/${at + 1}`)).arrayBuffer()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** Each request's rows are its own number, so a call in the wrong request shows by its batch size. */
function expectNothingMixed(spans: readonly ReadableSpan[], requests: number, callsEach: number): void {
  const byTrace = new Map<string, ReadableSpan[]>();
  for (const span of spans) byTrace.set(span.spanContext().traceId, [...(byTrace.get(span.spanContext().traceId) ?? []), span]);
  expect(byTrace.size).toBe(requests);
  const shapes = new Set<string>();
  for (const ofTrace of byTrace.values()) {
    const [request, ...more] = ofTrace.filter(({ name }) => name === 'request');
    expect(more).toEqual([]);
    const calls = ofTrace.filter(({ attributes }) => attributes['inference.temperature'] !== undefined);
    expect(calls.length).toBe(callsEach);
    for (const call of calls) {
      expect(call.attributes['inference.input.batch_size']).toBe(request?.attributes['test.rows']);
      expect(call.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    }
    const kernels = ofTrace.filter(({ attributes }) => attributes['inference.span.kind'] === 'kernel');
    expect(kernels.length).toBeGreaterThan(0);
    for (const kernel of kernels) expect(pathOf(kernel, ofTrace)[0]).toBe('request');
    shapes.add(
      ofTrace
        .map(({ name }) => name)
        .sort()
        .join(' '),
    );
  }
  // The same work in each: as many spans of each name, whatever ran beside it.
  expect(shapes.size).toBe(1);
}

it('concurrent requests with synchronous calls between waits: each has its own calls, from request to kernel', async () => {
  const net = model(2);
  // The first call uploads the weights; the others must be alike.
  tf.tidy(() => void net.predict(tf.ones([1, 4])));
  program = new LiveProgram();
  await serve(async (rows) => {
    for (let i = 0; i < 3; i++) {
      tf.tidy(() => void net.predict(tf.ones([rows, 4])));
      await turns(rows % 4);
    }
  }, 24);
  expectNothingMixed(await program.spans(), 24, 3);
});

it('concurrent requests with asynchronous calls: their kernels do not mix', async () => {
  const net = await tf.loadGraphModel('file://test/fixtures/graph-model-loop/model.json');
  tf.dispose(await net.executeAsync({ x: tf.ones([1, 4]) }));
  program = new LiveProgram();
  await serve(async (rows) => {
    const input = tf.ones([rows, 4]);
    await turns(rows % 3);
    tf.dispose(await net.executeAsync({ x: input }));
    input.dispose();
  }, 24);
  expectNothingMixed(await program.spans(), 24, 1);
  net.dispose();
});

import { diag, DiagLogLevel, trace } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { BasicTracerProvider, InMemorySpanExporter, SamplingDecision, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InferenceInstrumentation } from '../../../src/telemetry/live/inference-instrumentation.js';
import { configFromEnvironment } from '../../../src/telemetry/live/environment-config.js';
import { durationOf, LiveProgram, model, nanosOf, tf } from './live-program.js';

let program: LiveProgram;
afterEach(() => {
  program.stop();
  diag.disable();
});

const predict = (net: ReturnType<typeof model>, times = 1): void => {
  for (let i = 0; i < times; i++) tf.tidy(() => void net.predict(tf.ones([2, 4])));
};
const kinds = (spans: readonly ReadableSpan[], kind: string) =>
  spans.filter(({ attributes }) => attributes['inference.span.kind'] === kind);

/** What the diagnostic logger is told meanwhile. */
function complaints(): string[] {
  const told: string[] = [];
  const note = (text: string): void => void told.push(text);
  diag.setLogger(
    { error: note, warn: note, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return told;
}

describe('kernels', () => {
  it.each([
    ['on', 6, 6],
    ['off', 6, 0],
    [{ oneIn: 3 }, 6, 2],
  ] as const)('%j: of %i calls, %i have them', async (kernels, calls, withKernels) => {
    program = new LiveProgram({ kernels });
    predict(model(), calls);
    const spans = await program.spans();
    expect(kinds(spans, 'call').length).toBe(calls);
    expect(new Set(kinds(spans, 'kernel').map((span) => span.spanContext().traceId)).size).toBe(withKernels);
    expect(spans.filter(({ name }) => name === 'kernel-execution').length).toBe(calls);
  });

  it('can be changed while the program runs', async () => {
    program = new LiveProgram();
    const net = model();
    predict(net);
    program.instrumentation.setConfig({ kernels: 'off' });
    predict(net);
    // Without a turn of the event loop in between: calls that wait still become spans.
    program.instrumentation.disable();
    predict(net);
    program.instrumentation.enable();
    program.instrumentation.setConfig({ kernels: 'on' });
    predict(net);
    const spans = await program.spans();
    expect(kinds(spans, 'call').length).toBe(3);
    expect(new Set(kinds(spans, 'kernel').map((span) => span.spanContext().traceId)).size).toBe(2);
  });
});

describe('the sampler', () => {
  it('is asked once a call, also where one method calls another', async () => {
    const asked: string[] = [];
    const never: Sampler = {
      shouldSample: (_context, _traceId, name) => {
        asked.push(name);
        return { decision: SamplingDecision.NOT_RECORD };
      },
      toString: () => 'never',
    };
    const net = await tf.loadGraphModel('file://test/fixtures/graph-model-tiny/model.json');
    const [input] = net.inputs.map(({ shape }) => tf.ones((shape ?? []).map((length) => Math.max(1, length))));
    program = new LiveProgram({}, never);
    tf.dispose(net.predict(input!));
    tf.dispose(net.execute(input!));
    tf.dispose(await net.executeAsync(input!));
    expect(() => net.predict(tf.ones([1]))).toThrow();
    tf.dispose(net.predict(input!));
    expect(asked).toEqual(['predict', 'execute', 'executeAsync', 'predict', 'predict']);
    expect(await program.spans()).toEqual([]);
    net.dispose();
  });
});

describe('short kernels', () => {
  it('become one span a parent and stage that says what it stands for, and take away no time', async () => {
    program = new LiveProgram();
    const net = model(8);
    predict(net);
    await program.spans();
    program.exporter.reset();
    predict(net, 2);
    const whole = (await program.spans()).length;
    program.exporter.reset();
    program.instrumentation.setConfig({ minimumKernelMicros: 1e6 });
    predict(net, 2);
    const spans = await program.spans();
    const folded = spans.filter(({ name }) => name === 'short-kernels');
    expect(folded.length).toBeGreaterThan(0);
    const count = (span: (typeof spans)[number]) => Number(span.attributes['inference.aggregate.count']);
    expect(spans.length - folded.length + folded.reduce((sum, span) => sum + count(span), 0)).toBe(whole);
    for (const span of folded) {
      expect(durationOf(span)).toBe(span.attributes['inference.aggregate.nanos']);
      expect(span.attributes['inference.aggregate.ops']).toEqual(expect.arrayContaining([expect.stringMatching(/^\w+×\d+$/)]));
      const parent = spans.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId);
      expect(nanosOf(span.startTime) >= nanosOf(parent!.startTime) && nanosOf(span.endTime) <= nanosOf(parent!.endTime)).toBe(true);
    }
  });
});

describe('the budget of spans', () => {
  it("is a trace's, and what it leaves out is on the call", async () => {
    program = new LiveProgram({ spanBudget: 10 });
    const net = model();
    trace.getTracer('app').startActiveSpan('request', (request) => {
      predict(net, 3);
      request.end();
    });
    predict(net);
    const spans = await program.spans();
    const below = (traceId: string) =>
      spans.filter(
        (span) => span.spanContext().traceId === traceId && span.attributes['inference.span.kind'] !== 'call' && span.name !== 'request',
      ).length;
    const traces = [...new Set(spans.map((span) => span.spanContext().traceId))];
    expect(traces.map(below)).toEqual([10, 10]);
    const left = kinds(spans, 'call').map(({ attributes }) => attributes['inference.aggregate.count']);
    expect(left.every((count) => Number(count) > 0)).toBe(true);
  });
});

describe('hooks', () => {
  it('set attributes of their own on calls and on what is below', async () => {
    program = new LiveProgram({
      callHook: (span, { signature, batch, runtime }) => span.setAttribute('app.call', `${runtime} ${signature} ${batch}`),
      spanHook: (span, { kind, stage }) => span.setAttribute('app.span', `${kind}/${stage}`),
    });
    predict(model());
    const spans = await program.spans();
    expect(kinds(spans, 'call')[0]?.attributes['app.call']).toBe('layers-model float32[2,4] 2');
    expect(kinds(spans, 'kernel').map(({ attributes }) => attributes['app.span'])).toContain('kernel/kernel-execution');
  });

  it('that throw, or run a model themselves, do no harm', async () => {
    const told = complaints();
    const net = model();
    program = new LiveProgram({
      callHook: () => {
        predict(net);
        throw new Error('call hook');
      },
      spanHook: () => {
        throw new Error('span hook');
      },
    });
    const expected = tf.tidy(() => (net.predict(tf.ones([2, 4])) as ReturnType<typeof tf.ones>).arraySync());
    expect(tf.tidy(() => (net.predict(tf.ones([2, 4])) as ReturnType<typeof tf.ones>).arraySync())).toEqual(expected);
    const spans = await program.spans();
    expect(kinds(spans, 'call').length).toBe(2);
    expect(kinds(spans, 'kernel').length).toBeGreaterThan(0);
    expect(told.some((line) => line.includes('call hook')) && told.some((line) => line.includes('span hook'))).toBe(true);
  });
});

describe('a provider that fails', () => {
  it('does not fail the call', async () => {
    const told = complaints();
    program = new LiveProgram();
    const broken: SpanProcessor = {
      onStart: () => {
        throw new Error('broken processor');
      },
      onEnd: () => undefined,
      forceFlush: () => Promise.reject(new Error('no flush')),
      shutdown: () => Promise.resolve(),
    };
    program.instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [broken] }));
    expect(() => predict(model())).not.toThrow();
    await program.instrumentation.flush();
    expect(told.some((line) => line.includes('broken processor'))).toBe(true);
  });

  it('is the one that was set, not the global one', async () => {
    program = new LiveProgram();
    const exporter = new InMemorySpanExporter();
    program.instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    predict(model());
    expect(await program.spans()).toEqual([]);
    expect(kinds(exporter.getFinishedSpans(), 'call').length).toBe(1);
  });
});

describe('a program that shuts its provider down', () => {
  it('has the spans of all calls before, and its provider is as it was after disable', async () => {
    program = new LiveProgram();
    const { forceFlush, shutdown } = program.provider;
    const net = model();
    predict(net, 100);
    // As at SIGTERM: no turn of the event loop, no flush of ours. The in-memory exporter forgets at shutdown, so look before.
    const sent: string[] = [];
    const forget = program.exporter.shutdown.bind(program.exporter);
    program.exporter.shutdown = () => {
      sent.push(...kinds(program.exporter.getFinishedSpans(), 'call').map(({ name }) => name));
      return forget();
    };
    await program.provider.shutdown();
    expect(sent.length).toBe(100);
    program.stop();
    await vi.waitFor(() => expect([program.provider.forceFlush, program.provider.shutdown]).toEqual([forceFlush, shutdown]));
  });

  it('or flushes it, as at the end of a serverless invocation', async () => {
    program = new LiveProgram();
    predict(model(), 100);
    await program.provider.forceFlush();
    expect(kinds(program.exporter.getFinishedSpans(), 'call').length).toBe(100);
  });
});

describe('two instrumentations of one TensorFlow', () => {
  it('record each call once; the second takes over when the first is disabled', async () => {
    const told = complaints();
    program = new LiveProgram();
    const second = new InferenceInstrumentation();
    second.setTracerProvider(program.provider);
    second.attach(tf);
    const net = model();
    predict(net);
    expect(kinds(await program.spans(), 'call').length).toBe(1);
    expect(told.some((line) => line.includes('already instrumented'))).toBe(true);
    program.instrumentation.disable();
    second.disable();
    second.enable();
    predict(net);
    await second.flush();
    expect(kinds(await program.spans(), 'call').length).toBe(2);
    second.disable();
  });
});

describe('the environment', () => {
  it('configures what code would', () => {
    expect(configFromEnvironment({})).toEqual({});
    expect(configFromEnvironment({ INFERSCOPE_KERNELS: ' ', INFERSCOPE_SPAN_BUDGET: '' })).toEqual({});
    expect(
      configFromEnvironment({
        INFERSCOPE_KERNELS: '20',
        INFERSCOPE_SPAN_BUDGET: '500',
        INFERSCOPE_MINIMUM_KERNEL_MICROS: '2.5',
        INFERSCOPE_SESSION_KERNELS: 'off',
      }),
    ).toEqual({
      kernels: { oneIn: 20 },
      spanBudget: 500,
      minimumKernelMicros: 2.5,
      sessionKernels: 'off',
    });
    expect(() => configFromEnvironment({ INFERSCOPE_KERNELS: '0' })).toThrow(/INFERSCOPE_KERNELS is "0": use on, off/);
    expect(() => configFromEnvironment({ INFERSCOPE_SPAN_BUDGET: '-1' })).toThrow(/give a number/);
    expect(() => configFromEnvironment({ INFERSCOPE_SESSION_KERNELS: 'all' })).toThrow(/use sampled or off/);
    expect(configFromEnvironment({ INFERSCOPE_METRICS: 'all' })).toEqual({ metrics: 'all' });
  });
});

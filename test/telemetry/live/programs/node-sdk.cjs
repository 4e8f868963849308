// A program that sets itself up with @opentelemetry/sdk-node and hands the instrumentation to it.
const { writeSync } = require('node:fs');
const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { AggregationTemporality, InMemoryMetricExporter, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { InferenceInstrumentation } = require('inferscope');

const spans = new InMemorySpanExporter();
const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 1e8 });
const instrumentation = new InferenceInstrumentation();
const sdk = new NodeSDK({ spanProcessors: [new SimpleSpanProcessor(spans)], metricReaders: [reader], instrumentations: [instrumentation] });
sdk.start();
require('./app.cjs');

void (async () => {
  await instrumentation.flush();
  await reader.forceFlush();
  const names = metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name)));
  const plain = spans.getFinishedSpans().map((span) => ({
    name: span.name,
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? null,
    attributes: span.attributes,
    service: span.resource.attributes['service.name'],
  }));
  writeSync(1, `${JSON.stringify({ threadId: 0, spans: plain, metrics: [...new Set(names)] })}\n`);
  await sdk.shutdown();
})();

/**
 * The OpenTelemetry set-up of bench/long.mjs: one call in `LONG_ONE_IN` is sampled, spans go to `OTEL_EXPORTER_OTLP_ENDPOINT`,
 * metrics stay here. At the end the file `LONG_COUNTS` holds what was sampled and what the metrics count.
 */
import { writeFileSync } from 'node:fs';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { metrics } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, ParentBasedSampler, SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const oneIn = Number(process.env['LONG_ONE_IN'] ?? 50);
let asked = 0;
let sampled = 0;
const root = {
  shouldSample() {
    const chosen = asked++ % oneIn === 0;
    if (chosen) sampled++;
    return { decision: chosen ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  },
  toString: () => `1 in ${oneIn}`,
};
const provider = new NodeTracerProvider({
  sampler: new ParentBasedSampler({ root }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
const meters = new MeterProvider({ readers: [reader] });
metrics.setGlobalMeterProvider(meters);

globalThis.longEnd = async () => {
  await provider.forceFlush();
  await reader.forceFlush();
  /** @type {(name: string, of: (value: any) => number, which?: (point: { attributes: object }) => boolean) => number} */
  const counted = (name, of, which = () => true) =>
    exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap((scope) => scope.metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => /** @type {import('@opentelemetry/sdk-metrics').DataPoint<unknown>[]} */ (dataPoints))
      .filter(which)
      .reduce((sum, { value }) => sum + of(value), 0);
  // Making a session is a call of its own, which the program does not count.
  const calls = counted('inference.call.duration', ({ count }) => count, ({ attributes }) => attributes['inference.call'] !== 'create');
  const skipped = counted('inference.call.skipped', (value) => value);
  writeFileSync(process.env['LONG_COUNTS'], JSON.stringify({ asked, sampled, calls, skipped }));
  await provider.shutdown();
};

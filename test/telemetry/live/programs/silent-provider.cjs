// A program's own OpenTelemetry set-up whose exporter never answers: each flush waits for an answer, as long as a batch
// processor does and longer.
const { trace } = require('@opentelemetry/api');
const { BasicTracerProvider } = require('@opentelemetry/sdk-trace-base');

const waits = {
  timeout: () => new Promise((resolve) => setTimeout(resolve, 3_600_000)),
  interval: () => new Promise(() => setInterval(() => {}, 1000)),
  // A timer that is no global, made after something was awaited.
  later: async () => {
    await new Promise((resolve) => setImmediate(resolve));
    await require('node:timers/promises').setTimeout(3_600_000);
  },
};
const never = waits[process.env.SILENT_BY];
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [{ onStart() {}, onEnd() {}, forceFlush: never, shutdown: never }] }));

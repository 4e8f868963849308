// A program's own OpenTelemetry set-up whose exporter never answers: each flush waits for an answer, as long as a batch processor does and longer.
const { trace } = require('@opentelemetry/api');
const { BasicTracerProvider } = require('@opentelemetry/sdk-trace-base');

const never = () => new Promise((resolve) => setTimeout(resolve, 3_600_000));
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [{ onStart() {}, onEnd() {}, forceFlush: never, shutdown: never }] }));

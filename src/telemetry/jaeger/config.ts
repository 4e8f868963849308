/** Ports on the loopback interface. */
export interface JaegerPorts {
  readonly query: number;
  readonly otlpHttp: number;
  readonly otlpGrpc: number;
}

export const DEFAULT_PORTS: JaegerPorts = { query: 16686, otlpHttp: 4318, otlpGrpc: 4317 };

/** How long spans are kept. */
const KEEP_SPANS = '720h';

/**
 * Jaeger v2's configuration: OTLP in, spans on disk, the query API out.
 *
 * No batch processor and no queue: Jaeger then answers "accepted" after it has stored the spans, so a server killed in
 * the middle has lost none that Inferscope counts as accepted.
 *
 * `host` is the interface to listen on, `dataDir` the storage folder as the server sees it.
 */
export function jaegerConfig(host: string, ports: JaegerPorts, dataDir: string): string {
  return `service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [jaeger_storage_exporter]
  telemetry:
    metrics:
      level: none
    logs:
      level: warn
extensions:
  jaeger_storage:
    backends:
      disk:
        badger:
          ephemeral: false
          directories:
            keys: ${JSON.stringify(`${dataDir}/keys`)}
            values: ${JSON.stringify(`${dataDir}/values`)}
          ttl:
            spans: ${KEEP_SPANS}
  jaeger_query:
    storage:
      traces: disk
    http:
      endpoint: "${host}:${ports.query}"
    grpc:
      endpoint: "${host}:0"
receivers:
  otlp:
    protocols:
      http:
        endpoint: "${host}:${ports.otlpHttp}"
      grpc:
        endpoint: "${host}:${ports.otlpGrpc}"
exporters:
  jaeger_storage_exporter:
    trace_storage: disk
`;
}

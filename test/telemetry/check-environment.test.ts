import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkStandardVariables } from '../../src/telemetry/otlp/check-environment.js';

const noCertificate = path.join(mkdtempSync(path.join(tmpdir(), 'environment-')), 'ca.pem');
writeFileSync(noCertificate, 'no certificate');

describe('a standard variable that makes no sense is named', () => {
  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', '127.0.0.1:4318', 'begins with http:// or https://, such as http://127.0.0.1:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318/v1/traces', 'such as http://localhost:4318/v1/traces'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'ftp://host/', 'begins with http:// or https://'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http', 'use one of http/protobuf, http/json, grpc'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'otlp', 'use one of'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s', 'milliseconds'],
    ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '-1', 'milliseconds'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', 'gzip, none'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/no/such/file', 'cannot be used'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', noCertificate, 'no PEM certificate'],
    ['OTEL_TRACES_SAMPLER', 'always', 'always_on'],
    ['OTEL_TRACES_SAMPLER_ARG', '50%', 'from 0 to 1', { OTEL_TRACES_SAMPLER: 'traceidratio' }],
    ['OTEL_TRACES_SAMPLER_ARG', '2', 'from 0 to 1', { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }],
    ['OTEL_ATTRIBUTE_COUNT_LIMIT', 'none', 'whole number'],
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', '1.5', 'whole number'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'service.version', 'no name=value'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=100%', 'percent-encoded'],
    ['OTEL_SDK_DISABLED', 'yes', 'true, false'],
  ])('%s=%s', (name, value, remedy, others: Record<string, string> = {}) => {
    expect(() => checkStandardVariables({ ...others, [name]: value })).toThrow(
      expect.objectContaining({ exitCode: 78, message: expect.stringContaining(`${name} is "${value}": `) as string }),
    );
    expect(() => checkStandardVariables({ ...others, [name]: value })).toThrow(remedy);
  });

  it('without repeating credentials', () => {
    const check = () => checkStandardVariables({ OTEL_EXPORTER_OTLP_HEADERS: 'Bearer s3cret' });
    expect(check).toThrow(/^OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value/);
    expect(check).not.toThrow(/s3cret/);
  });
});

it.each([
  { OTEL_EXPORTER_OTLP_ENDPOINT: ' ', OTEL_TRACES_SAMPLER: '' },
  {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example/otlp/',
    OTEL_EXPORTER_OTLP_HEADERS: 'a=b, c=d%3D,',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1500',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
  },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
  { OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: 'unused' },
  {
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    OTEL_SDK_DISABLED: 'FALSE',
    OTEL_RESOURCE_ATTRIBUTES: 'service.version=1.8.0,a=b=c',
  },
])('takes what the specification allows: %j', (variables) => {
  expect(() => checkStandardVariables(variables)).not.toThrow();
});

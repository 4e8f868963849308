import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanFlags, relevantVariables } from '../../src/model/environment-variables.js';
import { shownAddress, shownPath } from '../../src/model/shown-address.js';

const SECRET = 's3cr3t-hunter2';

describe('variables of a recording', () => {
  it.each([
    ['TF_NUM_INTRAOP_THREADS', '3', '3'],
    ['TF_ENABLE_ONEDNN_OPTS', '0', '0'],
    ['KERAS_BACKEND', 'jax', 'jax'],
    ['KERAS_BACKEND', SECRET, 'set'],
    ['KMP_AFFINITY', 'granularity=fine,compact,1,0', 'granularity=fine,compact,1,0'],
    ['CUDA_VISIBLE_DEVICES', '0,1', '0,1'],
    ['CUDA_VISIBLE_DEVICES', 'GPU-8932f937-d72c-4106-c12f-20bd9faed9f6', 'set'],
    ['TF_CONFIG', '{"cluster": {"worker": ["10.0.0.7:2222"]}}', 'set'],
    ['LD_PRELOAD', '/home/ada/lib/libjemalloc.so', 'set'],
    ['TF_XLA_FLAGS', '--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit', '--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit'],
    [
      'XLA_FLAGS',
      `--xla_dump_to=/home/ada/${SECRET} --xla_cpu_multi_thread_eigen=false`,
      '--xla_dump_to=set --xla_cpu_multi_thread_eigen=false',
    ],
    ['NODE_OPTIONS', `--max-old-space-size=4096 --title=${SECRET} --icu-data-dir=/x`, '--max-old-space-size=4096 --other'],
    ['NODE_OPTIONS', `--require "/home/ada/my ${SECRET}/hook.js" --expose-gc`, '--require=set --expose-gc'],
    ['NODE_OPTIONS', '--import=data:text/javascript,1', '--import=set'],
  ])('%s=%s is recorded as %s', (name, value, shown) => {
    expect(relevantVariables({ [name]: value })).toEqual({ [name]: shown });
  });

  it.each([
    ['TF_VAR_db_password', SECRET],
    ['TF_TOKEN_app_terraform_io', SECRET],
    ['TF_CLI_CONFIG_FILE', '/home/ada/.tf'],
    ['TF_CPP_MIN_LOG_LEVEL', '2'],
    ['INFERSCOPE_RUN_FOLDER', '/home/ada/run'],
    ['INFERSCOPE_KERNELS', 'on'],
    ['OTEL_EXPORTER_OTLP_HEADERS', `authorization=Bearer ${SECRET}`],
    ['MKLROOT', '/opt'],
    ['TF_NUM_INTRAOP_THREADS', ''],
    ['NODE_OPTIONS', '--import=file:///home/ada/app/node_modules/inferscope/dist/telemetry/live/register.js'],
    ['NODE_OPTIONS', '--require inferscope/register'],
  ])('%s=%s is not recorded', (name, value) => {
    expect(relevantVariables({ [name]: value })).toEqual({});
  });

  it('hold nothing of a secret, wherever it stands, and clean to themselves', () => {
    const names = fc.constantFrom(
      'TF_CONFIG',
      'NODE_OPTIONS',
      'TF_XLA_FLAGS',
      'XLA_FLAGS',
      'KMP_AFFINITY',
      'OMP_PLACES',
      'CUDA_VISIBLE_DEVICES',
      'KERAS_HOME',
      'ONEDNN_MAX_CPU_ISA',
      'TF_VAR_x',
    );
    const part = fc.constantFrom(
      SECRET,
      '--import',
      '--require=',
      '=',
      ' ',
      '"',
      '\\',
      ',',
      '1',
      'fine',
      '--',
      '--tf_xla_auto_jit=',
      '--xla_dump_to=',
      '-r',
    );
    fc.assert(
      fc.property(names, fc.array(part, { maxLength: 12 }), (name, parts) => {
        const once = relevantVariables({ [name]: parts.join('') });
        expect(JSON.stringify(once)).not.toContain('hunter2');
        expect(cleanFlags(once)).toEqual(once);
      }),
      { numRuns: 2000, examples: [['TF_XLA_FLAGS', ['--tf_xla_auto_jit=', '=', '"', ' ', 'fine']]] },
    );
  });

  it('of older recordings are cleaned, and what the runtime says of itself stays', () => {
    const old = {
      TF_VAR_password: SECRET,
      INFERSCOPE_RUN_FOLDER: '/a',
      TF_NUM_INTRAOP_THREADS: '2',
      'tfjs:DEBUG': 'false',
      'keras:missing-seams': 'layer',
    };
    expect(cleanFlags(old)).toEqual({ TF_NUM_INTRAOP_THREADS: '2', 'tfjs:DEBUG': 'false', 'keras:missing-seams': 'layer' });
  });
});

it.each([
  ['http://ada:pw@host:4318/v1/traces?key=1#x', 'http://host:4318/v1/traces'],
  ['ada:p@w@host:4317', 'host:4317'],
  ['http://ada:p/w@host/v1', 'http://host/v1'],
  ['https://host/v1/traces', 'https://host/v1/traces'],
])('the address %s is shown as %s', (address, shown) => expect(shownAddress(address)).toBe(shown));

it.each([
  ['/home/ada/models/a', '~/models/a'],
  ['/Users/ada/a', '~/a'],
  ['C:\\Users\\ada\\a', '~\\a'],
  ['/root/a', '~/a'],
  ['/rooted/a', '/rooted/a'],
  ['models/home/ada', 'models/home/ada'],
])('the path %s is shown as %s', (given, shown) => expect(shownPath(given)).toBe(shown));

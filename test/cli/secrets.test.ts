import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { readRun } from '../../src/runs/run-folder.js';

const SECRET = 'hunter2-s3cr3t';
/** Planted where a secret may stand by mistake, in variables that we read and in those that we do not. */
const PLANTED = {
  ...Object.fromEntries(
    [
      'TF_VAR_password',
      'TF_TOKEN_app_terraform_io',
      'TF_CONFIG',
      'TF_XLA_FLAGS_X',
      'KMP_AFFINITY',
      'OMP_PLACES',
      'MKL_CBWR',
      'DNNL_X',
      'XLA_X',
      'LD_X',
      'AWS_SECRET_ACCESS_KEY',
      'KERAS_HOME',
      'JAX_PLATFORMS',
      'INFERSCOPE_X',
    ].map((name) => [name, SECRET]),
  ),
  NODE_OPTIONS: `--title=${SECRET} --require=${path.resolve('node_modules/.cache/secrets', `${SECRET}.cjs`)}`,
  TF_XLA_FLAGS: `--tf_xla_persistent_cache_directory=/x/${SECRET}`,
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${SECRET}`,
  OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop',
};

// Inside the repository, so that the program finds TensorFlow as a user's program would.
const cache = path.resolve('node_modules/.cache/secrets');
mkdirSync(cache, { recursive: true });
writeFileSync(path.join(cache, `${SECRET}.cjs`), '');
const folder = mkdtempSync(path.join(cache, 'test-'));
afterAll(() => rmSync(cache, { recursive: true }));

const inferscope = (...args: string[]) =>
  execa(process.execPath, [path.resolve('dist/cli/main.js'), ...args], { cwd: folder, env: PLANTED, reject: false });

/** Files of a folder that hold the secret. */
const holding = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => statSync(path.join(root, name)).isFile() && readFileSync(path.join(root, name)).includes('hunter2'),
  );

it('profile, and what is exported of it, hold no secret of the environment', async () => {
  const { stdout, stderr, exitCode } = await inferscope(
    'profile',
    path.resolve('test/fixtures/layers-tiny'),
    '--variants',
    'uncompiled/predict,graph',
    '--calls',
    '20',
    '--quick',
    '--out',
    'profiled',
    '--full',
  );
  expect({ exitCode, stderr: stderr.includes('hunter2'), stdout: stdout.includes('hunter2') }).toEqual({
    exitCode: 0,
    stderr: false,
    stdout: false,
  });
  const exported = await inferscope('export', 'profiled', '--to', 'otlp-json', '--out', 'profiled');
  expect(exported.exitCode).toBe(0);
  expect(holding(path.join(folder, 'profiled'))).toEqual([]);
  const [recording] = readRun(path.join(folder, 'profiled'));
  expect(recording!.meta.environment.flags).toMatchObject({
    KMP_AFFINITY: 'set',
    TF_CONFIG: 'set',
    NODE_OPTIONS: '--other --require=set',
    TF_XLA_FLAGS: '--tf_xla_persistent_cache_directory=set',
  });
});

it('a refused address is told without its password', async () => {
  const { stderr } = await inferscope(
    'export',
    'profiled',
    '--to',
    'otlp',
    '--patience',
    '0',
    '--endpoint',
    `http://ada:${SECRET}@127.0.0.1:9`,
  );
  expect(stderr).toContain('127.0.0.1:9');
  expect(stderr).not.toContain('hunter2');
  const wrong = await inferscope('export', 'profiled', '--to', 'otlp', '--endpoint', `ftp://ada:${SECRET}@host`);
  expect(wrong.stderr).toContain('ftp://host');
  expect(wrong.stderr).not.toContain('hunter2');
});

it('two runs of one program are alike, and hold neither its secrets nor its command line', async () => {
  writeFileSync(
    path.join(folder, 'app.cjs'),
    `const tf = require('@tensorflow/tfjs-node');
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
    for (let i = 0; i < 30; i++) tf.dispose(model.predict(tf.ones([2, 4])));`,
  );
  for (const out of ['first', 'second'])
    expect((await inferscope('run', '--out', out, '--', process.execPath, 'app.cjs', '--token', SECRET)).exitCode).toBe(0);
  for (const out of ['first', 'second']) expect(holding(path.join(folder, out))).toEqual([]);
  const compared = await inferscope('compare', 'first', 'second');
  expect({ exitCode: compared.exitCode, stderr: compared.stderr }).toMatchObject({ exitCode: 0 });
  expect(JSON.stringify(readRun(path.join(folder, 'first'))[0]!.meta.environment)).not.toContain('INFERSCOPE');
});

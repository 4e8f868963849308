import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { readRun } from '../../../src/runs/run-folder.js';
import { environment, root } from './environments.js';

const python = await environment('tf-2.15.1');
const SECRET = 'hunter2-s3cr3t';

const PROGRAM = `import keras, numpy as np
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])
for _ in range(3): model.predict(np.ones((2, 4)), verbose=0)
`;

test.skipIf(python === null)(
  'a Python program run with secrets in its variables and on its command line leaves none in the run folder [needs Python with TensorFlow]',
  async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'inferscope-secrets-'));
    writeFileSync(path.join(folder, 'app.py'), PROGRAM);
    const env = {
      TF_VAR_password: SECRET,
      TF_TOKEN_app_terraform_io: SECRET,
      TF_CONFIG: JSON.stringify({ task: SECRET }),
      KMP_AFFINITY: SECRET,
      KERAS_HOME: path.join(folder, SECRET),
      TF_NUM_INTRAOP_THREADS: '1',
    };
    const { exitCode } = await execa(
      process.execPath,
      [path.join(root, 'dist/cli/main.js'), 'run', '--out', 'run', '--', python!, 'app.py', '--token', SECRET],
      { cwd: folder, env, reject: false },
    );
    expect(exitCode).toBe(0);
    const run = path.join(folder, 'run');
    const files = readdirSync(run, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(path.join(run, name)).isFile());
    expect(files.filter((name) => readFileSync(path.join(run, name)).includes('hunter2'))).toEqual([]);
    expect(readRun(run)[0]!.meta.environment.flags).toMatchObject({ TF_CONFIG: 'set', KERAS_HOME: 'set', TF_NUM_INTRAOP_THREADS: '1' });
  },
  300_000,
);

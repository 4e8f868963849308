/**
 * Creates the Python environments that the slow Keras tests and `reproduce --runtime keras` run in, and the one that writes ONNX.
 *
 *   node scripts/keras-envs.mjs [NAME...] [--json]
 *
 * They live outside of the repository, in keras/NAME of the cache, and are made once: a
 * stamp is written after the import was verified, and one process at a time makes one. Where an interpreter is absent, it says
 * so and goes on; the exit code is 0 unless an environment that could be made failed. Heavy ones are made only when they are
 * named.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeGpuStandIns } from './gpu-stand-ins.mjs';
import { withLock } from './setup/lock.mjs';
import { cacheFolder } from './setup/paths.mjs';
import { endOnSignals, run } from './setup/run.mjs';

/** Name → Python versions that will do (first that exists wins), what pip installs, what is imported to verify. */
export const ENVIRONMENTS = {
  'tf-2.0.0': {
    why: 'the version the question was asked about',
    pythons: ['3.7'],
    // Newer releases of these three no longer work with TensorFlow 2.0.0.
    packages: ['tensorflow==2.0.0', 'protobuf<3.21', 'h5py<3', 'numpy<1.19'],
    verify: 'import tensorflow as m',
  },
  'tf-2.15.1': {
    why: 'the last Keras 2, and the native library that tfjs-node runs here',
    pythons: ['3.11', '3.10', '3.9'],
    packages: ['tensorflow-cpu==2.15.1'],
    verify: 'import tensorflow as m',
  },
  'keras-3': {
    why: 'the newest Keras on the newest TensorFlow; tf_keras with TF_USE_LEGACY_KERAS=1',
    pythons: ['3.12', '3.13', '3.11', '3.10'],
    packages: ['tensorflow-cpu', 'tf_keras'],
    verify: 'import tensorflow as m',
  },
  'keras-jax': {
    why: 'Keras 3 on JAX (KERAS_BACKEND=jax)',
    pythons: ['3.12', '3.13', '3.11'],
    packages: ['keras', 'jax'],
    verify: 'import os; os.environ["KERAS_BACKEND"] = "jax"; import keras as m',
  },
  'keras-torch': {
    why: 'Keras 3 on PyTorch (KERAS_BACKEND=torch), on the CPU',
    // PyTorch's wheel alone is 540 MB, and 3 GB with the GPU's libraries that it is linked against.
    heavy: true,
    pythons: ['3.12', '3.11', '3.10'],
    packages: ['keras', 'filelock', 'typing_extensions', 'sympy', 'networkx', 'jinja2', 'fsspec', 'setuptools'],
    withoutDependencies: ['torch'],
    finish: (folder) => readdirSync(path.join(folder, 'lib')).forEach((python) => writeGpuStandIns(path.join(folder, 'lib', python, 'site-packages/torch/lib'))),
    verify: 'import os; os.environ["KERAS_BACKEND"] = "torch"; import torch, keras as m; m.__version__ += " on PyTorch " + torch.__version__',
  },
  onnx: {
    why: 'writes ONNX models: scripts/onnx-models.mjs, and the fixtures',
    // Nothing of it is Keras, nor of the next: made by those who ask for it.
    heavy: true,
    pythons: ['3.12', '3.13', '3.11'],
    packages: ['onnx==1.23.2', 'numpy==2.4.6'],
    verify: 'import onnx as m',
  },
  clickhouse: {
    why: "the engine of ClickHouse, for `flame --from-clickhouse`'s test",
    // A wheel of 180 MB.
    heavy: true,
    pythons: ['3.12', '3.13', '3.11'],
    packages: ['chdb-core==26.9.0'],
    verify: 'import chdb as m; assert m.query("SELECT 1")',
  },
  'tfjs-converter': {
    why: "TensorFlow.js' official converter, for `profile model.keras --against tfjs`",
    heavy: true,
    pythons: ['3.11', '3.10'],
    packages: ['tensorflow-cpu==2.15.1', 'tf_keras==2.15.1', 'tensorflow-hub', 'jax==0.4.23', 'jaxlib==0.4.23', 'flax==0.7.5', 'packaging', 'importlib_resources', 'numpy<2', 'pandas', 'wurlitzer', 'setuptools<80'],
    // It asks for the package `tensorflow` by name, which `tensorflow-cpu` stands in for.
    withoutDependencies: ['tensorflowjs==4.22.0', 'tensorflow-decision-forests==1.8.1'],
    verify: 'import tensorflowjs as m',
  },
};

/** What is made when no name is given: the others download gigabytes, or are made by what needs them. */
export const LIGHT = Object.keys(ENVIRONMENTS).filter((name) => ENVIRONMENTS[name].heavy !== true);

export const environmentsRoot = () => path.join(cacheFolder(process.env), 'keras');

export const pythonOf = (name) => path.join(environmentsRoot(), name, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** The environment's Python when it was made and verified, else null. */
export const readyPython = (name) => (existsSync(stampOf(name)) && existsSync(pythonOf(name)) ? pythonOf(name) : null);

const stampOf = (name) => path.join(environmentsRoot(), name, '.verified.json');

/** An interpreter of one of `versions`: pyenv's, then PATH. Each candidate is run: a shim may exist and not work. */
async function findInterpreter(versions) {
  for (const version of versions) {
    for (const file of candidates(version)) {
      if ((await printed(file, 'import sys; print("%d.%d" % sys.version_info[:2])')) === version) return file;
    }
  }
  return null;
}

function candidates(version) {
  const versions = path.join(process.env.PYENV_ROOT || path.join(os.homedir(), '.pyenv'), 'versions');
  const installed = existsSync(versions) ? readdirSync(versions).filter((name) => name.startsWith(`${version}.`)) : [];
  return [...installed.map((name) => path.join(versions, name, 'bin', `python${version}`)), `python${version}`, 'python3', 'python'];
}

async function printed(python, source) {
  const { code, stdout } = await run(python, ['-c', source], { timeoutMs: 120_000, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } });
  return code === 0 ? stdout.trim() : null;
}

/** @typedef {{ name: string, status: 'ready' | 'made' | 'absent' | 'failed', detail: string }} State */

/**
 * Makes one environment, or waits for who is making it.
 * @returns {Promise<State>}
 */
export async function ensureEnvironment(name) {
  if (readyPython(name) !== null) return ready(name);
  const interpreter = await findInterpreter(ENVIRONMENTS[name].pythons);
  if (interpreter === null) {
    return { name, status: 'absent', detail: `no Python ${ENVIRONMENTS[name].pythons.join(' or ')} here (looked in pyenv's versions and on PATH); install one, then run this again` };
  }
  const onWait = (pid) => console.error(`Waiting for process ${pid}, which is making ${name}.`);
  return withLock(path.join(environmentsRoot(), `${name}.lock`), { onWait }, async () => (readyPython(name) === null ? await make(name, interpreter) : ready(name)));
}

/** @returns {State} */
const ready = (name) => ({ name, status: 'ready', detail: readFileSync(stampOf(name), 'utf8').trim() });

/** @returns {Promise<State>} */
async function make(name, interpreter) {
  const { packages, withoutDependencies, finish, verify } = ENVIRONMENTS[name];
  const folder = path.join(environmentsRoot(), name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const pip = (...args) => [pythonOf(name), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...args]];
  const steps = [[interpreter, ['-m', 'venv', folder]], pip(...packages), ...(withoutDependencies === undefined ? [] : [pip('--no-deps', ...withoutDependencies)])];
  for (const [command, args] of steps) {
    const { code, output, timedOut } = await run(command, args, { timeoutMs: 1_200_000 });
    if (code !== 0) return { name, status: 'failed', detail: `${[command, ...args].join(' ')}: ${timedOut ? 'not done after 20 minutes' : output.trim().slice(-800)}` };
  }
  try {
    finish?.(folder);
  } catch (error) {
    return { name, status: 'failed', detail: error.message };
  }
  const version = await printed(pythonOf(name), `${verify}; import json, sys; print(json.dumps({"python": sys.version.split()[0], m.__name__: m.__version__}))`);
  if (version === null) return { name, status: 'failed', detail: `${verify} failed in ${folder}` };
  writeFileSync(`${stampOf(name)}.new`, `${version}\n`);
  renameSync(`${stampOf(name)}.new`, stampOf(name));
  return { name, status: 'made', detail: version };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
  const unknown = wanted.filter((name) => !(name in ENVIRONMENTS));
  if (unknown.length > 0) {
    console.error(`There is no environment ${unknown.join(', ')}; there are: ${Object.keys(ENVIRONMENTS).join(', ')}.`);
    process.exit(64);
  }
  endOnSignals();
  const results = [];
  for (const name of wanted.length > 0 ? wanted : LIGHT) {
    const result = await ensureEnvironment(name);
    if (!process.argv.includes('--json')) console.log(`${result.status.padEnd(7)} ${name}: ${result.detail}`);
    results.push(result);
  }
  if (process.argv.includes('--json')) console.log(JSON.stringify(results));
  process.exitCode = results.some((result) => result.status === 'failed') ? 1 : 0;
}

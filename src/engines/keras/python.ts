import path from 'node:path';
import { EXIT, UserError } from '../../model/errors.js';

/** A Python that can run the agent. */
export interface PythonFound {
  /** What is run: a path, or a name on PATH. */
  readonly command: string;
  readonly version: string;
  /** Why this one: `--python`, `VIRTUAL_ENV`, … */
  readonly how: string;
}

export interface PythonOptions {
  /** `--python`: nothing else is tried. */
  readonly python?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly platform?: NodeJS.Platform;
}

/** Prints what decides, without importing TensorFlow (that takes seconds). Works on any Python 3, and says so on 2. */
const PROBE = `
import json, sys
try:
    from importlib.util import find_spec
    has = [n for n in ("tensorflow", "keras", "jax", "torch") if find_spec(n) is not None]
except Exception:
    has = []
print(json.dumps({"version": list(sys.version_info[:3]), "executable": sys.executable, "has": has}))
`;

interface Probe {
  readonly version: readonly [number, number, number];
  readonly executable: string;
  readonly has: readonly string[];
}

/**
 * Finds the Python to run a Keras model in: `--python`, `$INFERSCOPE_PYTHON`, the active virtual or conda
 * environment, `.venv` in the current folder, then `python3` and `python` on PATH. The first that exists decides; it
 * is not passed over for a later one, because "the active environment" is what the user expects.
 *
 * @throws UserError when there is none, it is older than 3.7, or TensorFlow is missing: says what to type.
 */
export async function findPython(options: PythonOptions = {}): Promise<PythonFound> {
  const env = options.env ?? process.env;
  for (const { command, how } of candidatesOf(options, env)) {
    const probe = await probePython(command, env, options.cwd);
    if (probe === null && how === '--python')
      throw new UserError(`${command} is not a Python that can be run: give --python the path of one.`, EXIT.notFound);
    if (probe !== null) return judged(command, how, probe, env);
  }
  throw new UserError(
    'There is no Python here: install Python 3.7 or later with TensorFlow, or name one with --python PATH.',
    EXIT.unavailable,
  );
}

function candidatesOf(options: PythonOptions, env: NodeJS.ProcessEnv): { readonly command: string; readonly how: string }[] {
  if (options.python !== undefined) return [{ command: options.python, how: '--python' }];
  const windows = (options.platform ?? process.platform) === 'win32';
  const inside = (folder: string): string => (windows ? path.join(folder, 'Scripts', 'python.exe') : path.join(folder, 'bin', 'python'));
  const named = (['INFERSCOPE_PYTHON'] as const).flatMap((name) => (env[name] ? [{ command: env[name], how: `$${name}` }] : []));
  const active = ['VIRTUAL_ENV', 'CONDA_PREFIX'].flatMap((name) => (env[name] ? [{ command: inside(env[name]), how: `$${name}` }] : []));
  return [
    ...named,
    ...active,
    { command: inside(path.join(options.cwd ?? process.cwd(), '.venv')), how: '.venv' },
    { command: 'python3', how: 'PATH' },
    { command: 'python', how: 'PATH' },
  ];
}

/** What a Python says of itself; null when it cannot be run. */
async function probePython(command: string, env: NodeJS.ProcessEnv, cwd: string | undefined): Promise<Probe | null> {
  // Loaded when it is needed: it is no CommonJS, which this file is bundled into.
  const { execa } = await import('execa');
  const { failed, stdout } = await execa(command, ['-c', PROBE], {
    reject: false,
    env,
    timeout: 30_000,
    stdin: 'ignore',
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (failed) return null;
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Probe;
  } catch {
    return null; // something else than Python answered
  }
}

function judged(command: string, how: string, { version, executable, has }: Probe, env: NodeJS.ProcessEnv): PythonFound {
  const text = version.join('.');
  const [major, minor] = version;
  if (major < 3 || (major === 3 && minor < 7)) {
    throw new UserError(
      `${executable} is Python ${text}; the keras runtime needs 3.7 or later: name another with --python PATH.`,
      EXIT.unavailable,
    );
  }
  const backend = env['KERAS_BACKEND'] ?? 'tensorflow';
  const needed = backend === 'tensorflow' ? ['tensorflow'] : ['keras', backend];
  const missing = needed.filter((name) => !has.includes(name));
  if (missing.length > 0) {
    const packages = missing.map((name) => (name === 'tensorflow' ? 'tensorflow-cpu' : name)).join(' ');
    const what = missing.map((name) => (name === 'tensorflow' ? 'TensorFlow' : name)).join(' and ');
    throw new UserError(
      `Python ${text} at ${executable} (found by ${how}) has no ${what}: type \`${executable} -m pip install ${packages}\`, or name another Python with --python PATH.`,
      EXIT.unavailable,
    );
  }
  return { command, version: text, how };
}

import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { messageOf, SETUP_COMMAND } from '../model/errors.js';
import { restoreForTfjsNode } from '../engines/tensorflow/load/node-compat.js';
import { ONNXRUNTIME } from '../engines/onnxruntime/engine.js';
import { findOnnxRuntime, INSTALL_COMMAND } from '../engines/onnxruntime/load/library.js';
import { TENSORFLOW } from '../engines/tensorflow/engine.js';
import { nativeTensorFlow } from '../engines/tensorflow/load/tensorflow.js';
import type { InProcessEngine } from '../engines/engine.js';
import type { Looked } from '../model/doctor.js';

/** Looks at what is installed and what works. Loads the engines for real. */
export async function examine(): Promise<Looked[]> {
  return [
    nodeVersion(),
    ...(await engines()),
    diskSpace(),
    outputFolder(),
    await tool('docker', ['version', '--format', '{{.Server.Version}}']),
    await tool('python3', ['--version']),
    await tool('go', ['version']),
  ];
}

function nodeVersion(): Looked {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const { version } = process;
  if (major < 20 || (major === 20 && minor < 15)) return { kind: 'node', version, restored: null };
  return { kind: 'node', version, restored: restoreForTfjsNode() };
}

/** One engine is enough: what is not installed beside one that works is no fault. */
async function engines(): Promise<Looked[]> {
  const from = process.cwd();
  const looked = [
    await engine('tensorflow', TENSORFLOW, nativeTensorFlow(from) !== undefined, SETUP_COMMAND),
    await engine('onnxruntime', ONNXRUNTIME, findOnnxRuntime(from) !== undefined, INSTALL_COMMAND),
  ];
  const works = looked.some(({ failure }) => failure === null);
  return looked.map(({ isInstalled, ...found }) => ({ ...found, isNeeded: isInstalled || !works }));
}

type LookedEngine = Extract<Looked, { readonly kind: 'engine' }>;

async function engine(
  name: LookedEngine['name'],
  { open }: InProcessEngine,
  isInstalled: boolean,
  command: string,
): Promise<Omit<LookedEngine, 'isNeeded'> & { readonly isInstalled: boolean }> {
  const found = { kind: 'engine', name, isInstalled, command } as const;
  try {
    return { ...found, description: (await open()).description, failure: null };
  } catch (thrown) {
    return { ...found, description: null, failure: messageOf(thrown) };
  }
}

/** A recording needs room. */
const MIN_FREE_BYTES = 2 ** 29;

function diskSpace(): Looked {
  const { bavail, bsize } = statfsSync(process.cwd());
  const freeBytes = bavail * bsize;
  return { kind: 'disk', freeBytes, suffices: freeBytes > MIN_FREE_BYTES };
}

function outputFolder(): Looked {
  const folder = path.resolve(existsSync('profiles') ? 'profiles' : '.');
  try {
    accessSync(folder, constants.W_OK);
    return { kind: 'output', folder, canWrite: true };
  } catch {
    return { kind: 'output', folder, canWrite: false };
  }
}

async function tool(name: LookedTool['name'], args: readonly string[]): Promise<LookedTool> {
  const { failed, stdout } = await execa(name, args, { reject: false, timeout: 5000 });
  return { kind: 'tool', name, version: failed || stdout === '' ? null : (stdout.split('\n')[0] ?? '') };
}

type LookedTool = Extract<Looked, { readonly kind: 'tool' }>;

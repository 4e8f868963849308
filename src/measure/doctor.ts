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

/** One thing that is looked at. `state`: works, is missing but not needed, or stops profiling. */
export interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'optional' | 'broken';
  readonly detail: string;
  /** What to do, when something is. */
  readonly remedy?: string;
}

/** Looks at what is installed and what works. Loads the engines for real. */
export async function examine(): Promise<Finding[]> {
  return [
    nodeVersion(),
    ...(await engines()),
    diskSpace(),
    outputFolder(),
    await tool('docker', ['version', '--format', '{{.Server.Version}}'], 'runs Jaeger with `inferscope jaeger up`'),
    await tool('python3', ['--version'], 'profiles Keras models and sets TensorFlow up'),
    await tool('go', ['version'], 'builds Jaeger where there is no docker'),
  ];
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 15))
    return { what: 'Node.js', state: 'broken', detail: process.version, remedy: 'Install Node.js 20.15 or later.' };
  const restored = restoreForTfjsNode();
  if (restored.length === 0) return { what: 'Node.js', state: 'ok', detail: process.version };
  return {
    what: 'Node.js',
    state: 'ok',
    detail: `${process.version} (has no ${restored.join(' and no ')}, which tfjs-node calls: Inferscope puts it back)`,
    remedy: "A program needs it without Inferscope too: import 'inferscope/node-compat', or node --import inferscope/node-compat.",
  };
}

/** One engine is enough: what is not installed beside one that works is no fault. */
async function engines(): Promise<Finding[]> {
  const from = process.cwd();
  const looked = [
    await engine('TensorFlow', TENSORFLOW, nativeTensorFlow(from) !== undefined, `Run ${SETUP_COMMAND}.`),
    await engine('ONNX Runtime', ONNXRUNTIME, findOnnxRuntime(from) !== undefined, `Run ${INSTALL_COMMAND}.`),
  ];
  if (looked.some(({ finding }) => finding.state === 'ok'))
    return looked.map(({ finding, installed }) =>
      finding.state === 'ok' || installed
        ? finding
        : { what: finding.what, state: 'optional', detail: `not installed; ${finding.remedy ?? ''}` },
    );
  return looked.map(({ finding }) => finding);
}

async function engine(
  what: string,
  { open }: InProcessEngine,
  installed: boolean,
  remedy: string,
): Promise<{ readonly finding: Finding; readonly installed: boolean }> {
  try {
    const { description } = await open();
    return { installed, finding: { what, state: 'ok', detail: description } };
  } catch (thrown) {
    return { installed, finding: { what, state: 'broken', detail: messageOf(thrown), remedy } };
  }
}

function diskSpace(): Finding {
  const { bavail, bsize } = statfsSync(process.cwd());
  const free = (bavail * bsize) / 2 ** 30;
  return {
    what: 'Disk',
    state: free > 0.5 ? 'ok' : 'broken',
    detail: `${free.toFixed(1)} GiB free here`,
    ...(free > 0.5 ? {} : { remedy: 'Free some space: recordings need room.' }),
  };
}

function outputFolder(): Finding {
  const folder = existsSync('profiles') ? 'profiles' : '.';
  try {
    accessSync(folder, constants.W_OK);
    return { what: 'Output', state: 'ok', detail: `${path.resolve(folder)} can be written` };
  } catch {
    return {
      what: 'Output',
      state: 'broken',
      detail: `${path.resolve(folder)} cannot be written`,
      remedy: 'Work in a folder of yours, or give --out.',
    };
  }
}

async function tool(name: string, args: readonly string[], use: string): Promise<Finding> {
  const { failed, stdout } = await execa(name, args, { reject: false, timeout: 5000 });
  return failed || stdout === ''
    ? { what: name, state: 'optional', detail: `not there or not running; it ${use}` }
    : { what: name, state: 'ok', detail: stdout.split('\n')[0] ?? '' };
}

/**
 * Empty stand-ins for the GPU libraries that PyTorch's Linux wheel is linked against, so that it runs on the CPU without
 * 2.4 GB of them: every function they should have answers "no device" (cudaErrorNoDevice). Nothing to do for a wheel that
 * is not linked against them.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const NO_DEVICE = 100;
const GPU_FUNCTION = /^(cu|nccl|nv|__cuda)/;

const lines = (command, args) => execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] }).split('\n');

/**
 * Writes the stand-ins beside the libraries of `folder` that miss them.
 *
 * @returns their names. @throws Error when there is no `ldd`, `nm` or C compiler.
 */
export function writeGpuStandIns(folder) {
  const libraries = readdirSync(folder).filter((name) => name.includes('.so')).map((name) => path.join(folder, name));
  const absent = new Set(libraries.flatMap((file) => lines('ldd', [file])).flatMap((line) => /^\s*(\S+) => not found/.exec(line)?.[1] ?? []));
  if (absent.size === 0) return [];
  const wanted = undefinedSymbols(libraries);
  const names = [...absent].sort();
  for (const name of names) {
    const versions = [...wanted.keys()].filter((version) => version === name || (version !== '' && name.toLowerCase().includes(version.toLowerCase())));
    // Functions without a version may be in any of them: the loader looks for them everywhere.
    const functions = [...versions.flatMap((version) => [...wanted.get(version)]), ...(name === names[0] ? (wanted.get('') ?? []) : [])];
    compile(path.join(folder, name), name, functions, versions[0]);
  }
  return names;
}

/** Version → names of GPU functions that the libraries expect elsewhere; the version is empty where there is none. */
function undefinedSymbols(libraries) {
  const wanted = new Map();
  for (const line of libraries.flatMap((file) => lines('nm', ['-D', '--undefined-only', file]))) {
    const [, name, version = ''] = /^\s+[Uw] (\w+)(?:@+(\S+))?$/.exec(line) ?? [];
    if (name !== undefined && GPU_FUNCTION.test(name)) wanted.set(version, (wanted.get(version) ?? new Set()).add(name));
  }
  return wanted;
}

function compile(file, name, functions, version) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'inferscope-stand-in-'));
  const source = path.join(folder, 'a.c');
  const script = path.join(folder, 'a.map');
  writeFileSync(source, functions.map((symbol) => `long ${symbol}(void) { return ${NO_DEVICE}; }\n`).join(''));
  writeFileSync(script, `${version ?? ''} { global: *; };\n`);
  execFileSync(process.env.CC || 'cc', ['-shared', '-fPIC', '-w', source, '-o', file, `-Wl,-soname,${name}`, ...(version === undefined ? [] : [`-Wl,--version-script=${script}`])]);
  rmSync(folder, { recursive: true });
}

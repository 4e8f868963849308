/**
 * Real OpenTelemetry collectors for tests and benches, built once into the cache from the sources in a folder,
 * test/slow/jaeger/collector unless another one is named:
 *
 *   node scripts/collector.mjs          prints where it is
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import envPaths from 'env-paths';
import { execa } from 'execa';

const GUIDE = fileURLToPath(new URL('../test/slow/jaeger/collector/', import.meta.url));
const BUILD_FLAGS = { GOFLAGS: '-mod=mod -buildvcs=false' };

/** @returns {Promise<string>} the binary; needs Go where it is not in the cache */
export async function collectorBinary(folder = GUIDE) {
  const sources = ['main.go', 'go.mod'].map((file) => join(folder, file));
  const hash = createHash('sha256');
  for (const file of sources) hash.update(await readFile(file));
  const home = join(envPaths('inferscope', { suffix: '' }).cache, `collector-${hash.digest('hex').slice(0, 12)}`);
  const binary = join(home, 'collector');
  if (existsSync(binary)) return binary;
  console.error('Building the OpenTelemetry collector from its Go modules, once; a minute when Jaeger was built before.');
  const build = join(home, 'build');
  await mkdir(build, { recursive: true });
  for (const file of sources) await copyFile(file, join(build, basename(file)));
  const target = join(build, `collector.${process.pid}`);
  await execa('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', target, '.'], { cwd: build, env: BUILD_FLAGS });
  await rename(target, binary);
  return binary;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) console.log(await collectorBinary());

import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Packed {
  /** The tarball. */
  readonly file: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** Paths inside the package. */
  readonly files: readonly string[];
}

/**
 * The package from the build that is there, or as it is published: built anew for every platform, which takes a minute, in
 * which the test process must go on answering its runner.
 */
export async function pack(built: 'already' | 'for-publishing' = 'already'): Promise<Packed> {
  const into = mkdtempSync(path.join(tmpdir(), 'inferscope-pack-'));
  if (built === 'for-publishing') await execa(process.execPath, ['scripts/release.mjs'], { cwd: ROOT, stdin: 'ignore' });
  const folder = built === 'already' ? '.' : './release/package';
  const { stdout } = await execa('npm', ['pack', folder, '--json', '--ignore-scripts', '--pack-destination', into], {
    cwd: ROOT,
    stdin: 'ignore',
  });
  const [told] = JSON.parse(stdout) as [{ filename: string; size: number; unpackedSize: number; files: { path: string }[] }];
  return {
    file: path.join(into, told.filename),
    packedBytes: told.size,
    unpackedBytes: told.unpackedSize,
    files: told.files.map((entry) => entry.path),
  };
}

/** An ES module project that has the package from its tarball, and every other package as it is here. */
export async function projectWith({ file }: Packed): Promise<string> {
  const project = mkdtempSync(path.join(tmpdir(), 'inferscope-project-'));
  const modules = path.join(project, 'node_modules');
  mkdirSync(path.join(modules, 'inferscope'), { recursive: true });
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  await execa('tar', ['xzf', file, '--strip-components=1', '-C', path.join(modules, 'inferscope')]);
  writeFileSync(path.join(project, 'package.json'), '{ "name": "a-project", "private": true, "type": "module" }\n');
  return project;
}

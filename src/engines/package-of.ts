import { createRequire } from 'node:module';
import path from 'node:path';

/** The package that a file belongs to; undefined outside of any. */
export function packageOf(
  file: string,
): { readonly name: string; readonly version: string | undefined; readonly folder: string } | undefined {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    try {
      const { name, version } = createRequire(file)(path.join(folder, 'package.json')) as {
        readonly name?: string;
        readonly version?: string;
      };
      if (name !== undefined) return { name, version, folder };
    } catch {
      // The next folder up.
    }
  }
  return undefined;
}

/** A file as a message names it: from here, with name and version of its package in brackets. */
export function shownFile(file: string): string {
  const found = packageOf(file);
  const whose = found === undefined ? '' : ` (${found.name}${found.version === undefined ? '' : ` ${found.version}`})`;
  return `${path.relative(process.cwd(), file)}${whose}`;
}

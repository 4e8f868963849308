import { createRequire } from 'node:module';
import path from 'node:path';

/** Name and version of the package that a file belongs to, in brackets. */
export function packageOf(file: string): string {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    try {
      const { name, version } = createRequire(file)(path.join(folder, 'package.json')) as {
        readonly name?: string;
        readonly version?: string;
      };
      if (name !== undefined) return ` (${name}${version === undefined ? '' : ` ${version}`})`;
    } catch {
      // The next folder up.
    }
  }
  return '';
}

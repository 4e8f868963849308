import { spawnSync } from 'node:child_process';

/** A Python 3.7+ on PATH, or null: the tests then say that they were skipped. */
export const python = ((): string | null => {
  const found = ['python3', 'python'].find(
    (name) => spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 7))']).status === 0,
  );
  if (found === undefined) console.warn('SKIPPED: no Python 3.7 or later on PATH');
  return found ?? null;
})();

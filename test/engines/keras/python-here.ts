import { spawnSync } from 'node:child_process';

/** A Python 3.7+ on PATH, or null. */
export const python = ((): string | null => {
  const found = ['python3', 'python'].find(
    (name) => spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 7))']).status === 0,
  );
  return found ?? null;
})();

import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Environments {
  readyPython(name: string): string | null;
  ensureEnvironment(name: string): Promise<{ readonly status: string; readonly detail: string }>;
  pythonOf(name: string): string;
}

/** scripts/keras-envs.mjs, which makes Python environments for tests. */
export const environments = (await import(pathToFileURL(path.join(root, 'scripts/keras-envs.mjs')).href)) as Environments;

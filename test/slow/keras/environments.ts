import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
const { ensureEnvironment, pythonOf } = (await import(path.join(root, 'scripts/keras-envs.mjs'))) as {
  ensureEnvironment(name: string): Promise<{ readonly status: string; readonly detail: string }>;
  pythonOf(name: string): string;
};

/** The environment's Python, made where it is missing; null, with the reason printed, where it cannot be had. */
export async function environment(name: string): Promise<string | null> {
  const { status, detail } = await ensureEnvironment(name);
  if (status === 'ready' || status === 'made') return pythonOf(name);
  console.warn(`SKIPPED ${name}: ${detail}`);
  return null;
}

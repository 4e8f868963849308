import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { environments } from '../../helpers/keras-envs.js';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The environment's Python, made where it is missing; null, with the reason printed, where it cannot be had. */
export async function environment(name: string): Promise<string | null> {
  const { status, detail } = await environments.ensureEnvironment(name);
  if (status === 'ready' || status === 'made') return environments.pythonOf(name);
  console.warn(`SKIPPED ${name}: ${detail}`);
  return null;
}

/** The same for one test, which is skipped where there is none. */
export async function needed(name: string, skip: TestContext['skip']): Promise<string> {
  const { status, detail } = await environments.ensureEnvironment(name);
  return status === 'ready' || status === 'made' ? environments.pythonOf(name) : skip(`${name}: ${detail}`);
}

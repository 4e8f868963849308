import { fileURLToPath } from 'node:url';
import { environments } from '../../helpers/keras-envs.js';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The environment's Python, made where it is missing; null, with the reason printed, where it cannot be had. */
export async function environment(name: string): Promise<string | null> {
  const { status, detail } = await environments.ensureEnvironment(name);
  if (status === 'ready' || status === 'made') return environments.pythonOf(name);
  console.warn(`SKIPPED ${name}: ${detail}`);
  return null;
}

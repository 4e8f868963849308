import { readFileSync } from 'node:fs';

/** What a file of the system says; null where there is no such file. */
export function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

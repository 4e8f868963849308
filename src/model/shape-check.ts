import { once } from './once.js';

/** What is wrong with a value that came from outside: the field as a path (`variants[0].key`; empty for the whole), and why. */
export interface ShapeProblem {
  readonly field: string;
  readonly why: string;
}

/** What Ajv makes of a schema; this folder imports no package, so it is handed in. */
interface Validate {
  (value: unknown): boolean;
  errors?: readonly { readonly instancePath: string; readonly message?: string | undefined }[] | null;
}

/**
 * A check at the door, made when it is first asked and then kept: compiling a schema takes a hundred times as long as
 * using it, and a run that reads nothing pays for none.
 *
 * @returns the first problem, null for a value that is as it should be
 */
export function shapeCheck(compile: () => Validate): (value: unknown) => ShapeProblem | null {
  const validator = once(compile);
  return (value) => {
    const validate = validator();
    if (validate(value)) return null;
    const [error] = validate.errors ?? [];
    return { field: fieldName(error?.instancePath ?? ''), why: error?.message ?? 'is wrong' };
  };
}

/** `/variants/0/key` → `variants[0].key`; what a file may hold for a name is cut. */
const fieldName = (pointer: string): string =>
  pointer
    .slice(0, 200)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
    .replace(/^\./, '');

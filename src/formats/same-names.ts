/** A function as a profile names it. */
export interface NamedPlace {
  readonly name: string;
  /** Path or address of its file; empty where it is not known. */
  readonly file: string;
  readonly line: number | null;
}

/**
 * A label for each function: its name, and where several functions share one, the file, and where they share that too,
 * the line. A name that stands for one function stays as it is, so that it is found again in another recording.
 */
export function tellApart(functions: readonly NamedPlace[]): readonly string[] {
  const places = new Map<string, Map<string, Set<number | null>>>();
  for (const { name, file, line } of functions) {
    const files = places.get(name) ?? new Map<string, Set<number | null>>();
    places.set(name, files.set(file, (files.get(file) ?? new Set()).add(line)));
  }
  return functions.map(({ name, file, line }) => {
    const files = places.get(name);
    const lines = files?.get(file)?.size ?? 1;
    if (files === undefined || (files.size === 1 && lines === 1)) return name;
    const place = `${shortest(file, [...files.keys()])}${lines > 1 && line !== null ? `:${line}` : ''}`;
    return place === '' ? name : `${name} ${place}`;
  });
}

/** As much of the end of a path as tells it from the others. */
function shortest(file: string, all: readonly string[]): string {
  const parts = file.split('/');
  for (let count = 1; count < parts.length; count++) {
    const end = parts.slice(-count).join('/');
    if (all.filter((other) => other === end || other.endsWith(`/${end}`)).length === 1) return end;
  }
  return file;
}

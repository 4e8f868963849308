/** From the closest look at what ran on a device to the widest: of several that are there, only the closest counts. */
const LOOKS: readonly RegExp[] = [
  /^Stream #/,
  /^(?:Async XLA|XLA|Sparse Core) Ops$/,
  /^(?:XLA|Sparse Core) Modules$/,
  /^(?:Sparse Core )?Steps$|^(?:Framework|TensorFlow) (?:Name Scope|Ops)$|^Source code$|^Launch Stats/,
];

/**
 * The lines of a device that TensorFlow's and JAX's profilers make of its other lines (steps, modules, layers): added up with
 * those, each moment would count several times. None in a plane of the host.
 *
 * @param plane the name of the plane, which is the process in a Chrome trace
 */
export function derivedLines(plane: string, lines: readonly string[]): ReadonlySet<string> {
  if (!plane.startsWith('/device:')) return new Set();
  const closest = LOOKS.findIndex((look) => lines.some((line) => look.test(line)));
  return new Set(lines.filter((line) => LOOKS.findIndex((look) => look.test(line)) > closest && closest >= 0));
}

/** What a note says of them. */
export const derivedNotes = (left: ReadonlySet<string>): readonly string[] =>
  left.size === 0 ? [] : [`Left out, as they show the time of other lines of the device once more: ${[...left].join(', ')}.`];

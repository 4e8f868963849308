/** What tells a frame from its siblings. */
interface Sibling {
  readonly name: string;
  readonly kind: string;
  readonly stage: string;
}

/**
 * The children of two frames of one path, each with its counterpart: the same name, kind and stage; else the same name and
 * kind, since a frame whose own time belongs to another stage is still the same frame. No child is paired twice, and none is
 * lost. In the order of the first list, then what only the second has.
 */
export function pairChildren<T extends Sibling>(left: readonly T[], right: readonly T[]): readonly (readonly [T | null, T | null])[] {
  const partner = new Map<T, T>();
  const free = new Set(right);
  for (const keyOf of [({ kind, name, stage }: T) => `${kind} ${stage} ${name}`, ({ kind, name }: T) => `${kind} ${name}`]) {
    const waiting = new Map<string, T[]>();
    for (const child of free) waiting.set(keyOf(child), [...(waiting.get(keyOf(child)) ?? []), child]);
    for (const child of left) {
      const match = partner.has(child) ? undefined : waiting.get(keyOf(child))?.shift();
      if (match === undefined) continue;
      partner.set(child, match);
      free.delete(match);
    }
  }
  return [...left.map((child) => [child, partner.get(child) ?? null] as const), ...[...free].map((child) => [null, child] as const)];
}

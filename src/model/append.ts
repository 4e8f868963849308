/** Adds all items to a list. `push(...items)` fails from about a hundred thousand on, because V8 puts them on the stack. */
export function append<Item>(list: Item[], items: Iterable<Item>): void {
  for (const item of items) list.push(item);
}

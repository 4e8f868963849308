/** The entries of an object with these names. */
export const pick = <T extends object, Name extends keyof T>(all: T, names: readonly Name[]): Pick<T, Name> =>
  Object.fromEntries(names.map((name) => [name, all[name]])) as Pick<T, Name>;

/** What of an object was given: its entries without those that are undefined. */
export const given = <T extends object>(all: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };

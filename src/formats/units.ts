const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  nanoseconds: 1,
  us: 1e3,
  microseconds: 1e3,
  ms: 1e6,
  milliseconds: 1e6,
  s: 1e9,
  seconds: 1e9,
};

/** Nanoseconds in a unit by its name, null for what is not a unit of time. */
export const nanosPerUnit = (unit: string): number | null => (Object.hasOwn(UNITS, unit) ? (UNITS[unit] ?? null) : null);

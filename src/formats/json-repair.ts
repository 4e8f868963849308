/** What makes text no JSON though tools write it: Python's and C++'s numbers that are none, and names put in as they are. */
const TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*"|-?(?<![\w.])(?:NaN|nan|Infinity|inf)(?![\w.])/g;

/** Longer values are not gone through again. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

/**
 * JSON with `NaN` and infinite numbers as null, and with single backslashes (`C:\Users`) and raw control characters in text
 * escaped; null where the text holds none of these, or is too long.
 */
export function repairedJson(text: string): string | null {
  if (text.length > MAX_CHARACTERS) return null;
  const repaired = text.replace(TOKEN, (token) => (token.startsWith('"') ? escaped(token) : 'null'));
  return repaired === text ? null : repaired;
}

const escaped = (token: string): string =>
  token
    .replace(/\\(?:["\\/bfnrt]|u[\da-fA-F]{4}|)/g, (found) => (found === '\\' ? '\\\\' : found))
    .replace(/[\u0000-\u001f]/g, (found) => JSON.stringify(found).slice(1, -1));

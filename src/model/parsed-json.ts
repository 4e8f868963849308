/** The value of a text of JSON; undefined for what is none, which no text of JSON gives. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

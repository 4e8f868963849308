/** Names of the longest mangled functions are shorter; a word above this is data that strayed into a name. */
const MAX_WORD = 200;
/** No paragraph that we write is as long. */
const MAX_TEXT = 1000;

/**
 * Text as it is shown to people: a word of thousands of characters has its middle left out, so that it stretches neither page
 * nor table. Files for machines hold names whole.
 */
export const shortText = (text: string): string =>
  text.length <= MAX_WORD ? text : middleLeftOut(text.replace(/\S{201,}/g, shortWord), MAX_TEXT);

const shortWord = (word: string): string => middleLeftOut(word, MAX_WORD);

/** At most so many characters. */
export function middleLeftOut(text: string, most: number): string {
  // By characters: half of a surrogate pair is none.
  const all = text.length <= most ? [] : Array.from(text);
  return all.length <= most ? text : `${all.slice(0, most * 0.7).join('')}…${all.slice(-most * 0.2).join('')}`;
}

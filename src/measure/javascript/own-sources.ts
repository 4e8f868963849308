/** Folder of our own sources, `src/` or `dist/`. */
const OWN = new URL('../..', import.meta.url).pathname;

/** V8 names ES modules by their URL and CommonJS by its path. */
export const isOwn = (url: string): boolean => url.replace(/^file:\/\//, '').startsWith(OWN);

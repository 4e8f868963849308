import { damaged } from './checks.js';
import type { ByteSource } from './source.js';

/** A stack of 100,000 frames with long names. */
const MAX_LINE = 64 * 1024 * 1024;

/** The lines of a text, without their ends. @throws UserError for one that is longer than is read */
export function* textLines(source: ByteSource): Iterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let number = 0;
  for (const chunk of source.chunks()) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) throw damaged(source.name, `line ${number + lines.length + 1} is longer than ${MAX_LINE} characters`);
    for (const line of lines) {
      number++;
      yield line.replace(/\r$/, '');
    }
  }
  yield rest.replace(/\r$/, '');
}

import { shortText } from '../model/short-text.js';

export type Align = 'left' | 'right';

/** A Markdown table that also lines up when read as plain text. Cells are escaped. */
export function markdownTable(headings: readonly string[], align: readonly Align[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map(escapeCell));
  const widths = headings.map((_, column) => Math.max(3, ...cells.map((row) => displayWidth(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, i) => padded(row[i] ?? '', width, align[i] ?? 'left')).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (align[i] === 'right' ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  const [first = [], ...others] = cells;
  return [line(first), rule, ...others.map(line)].join('\n');
}

/** Text that Markdown shows as it is: no markup, no table breaks, no lines of its own. `_` inside a word is no markup. */
export const escapeMarkdown = (text: string): string =>
  shortText(text)
    .replace(/[\r\n\u2028\u2029]+/g, ' ')
    .replace(/[\\`*{}[\]<>#|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\$&');

/** Code spans keep most characters; a backtick or a line break would end them, a bar would end the cell. */
export const codeSpan = (text: string): string =>
  `\`${shortText(text)
    .replace(/[\r\n\u2028\u2029]+/g, ' ')
    .replace(/`/g, "'")
    .replace(/\|/g, '¦')}\``;

/** A sentence of ours: what stands between backticks is code, everything else is shown as it is. */
export const markdownProse = (text: string): string =>
  text
    .split(/`([^`]+)`/)
    .map((part, i) => (i % 2 === 1 ? codeSpan(part) : escapeMarkdown(part)))
    .join('');

const escapeCell = (text: string): string => text.replace(/[\r\n]+/g, ' ');
const displayWidth = (text: string): number => Array.from(text).length;

function padded(text: string, width: number, align: Align): string {
  const room = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? room + text : text + room;
}

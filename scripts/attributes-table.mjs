/**
 * The tables of docs/attributes.md: attributes and metrics, made of the comments in src/model/attributes.ts.
 *
 * `node scripts/attributes-table.mjs` writes them between their markers; `npm run check` says when they differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const BEGIN = '<!-- attributes: written by scripts/attributes-table.mjs -->';
const END = '<!-- /attributes -->';

/** The block as it should be. @throws Error for a name without a comment of its own. */
export function attributeTables(source) {
  const [attributes, metrics] = ['ATTRIBUTE', 'METRIC'].map((name) => {
    const [, body] = new RegExp(`export const ${name} = \\{\\n([\\s\\S]*?)\\n\\} as const;`).exec(source) ?? [];
    const entries = [...body.matchAll(/(?:^ {2}\/\*\*((?:(?!\*\/)[^])*)\*\/\n)? {2}\w+: '([\w.]+)',/gm)];
    return entries.map(([, comment, text]) => {
      const [, facts, meaning] = /^([^:]+): (.*)$/.exec((comment ?? '').replaceAll(/\n +\*/g, ' ').replaceAll(/ +/g, ' ').trim()) ?? [];
      if (meaning === undefined) throw new Error(`${text} has no comment of the form "type, spans: meaning" in src/model/attributes.ts`);
      return { name: text, facts: facts.split(', '), meaning };
    });
  });
  const short = (names) => (names === 'none' ? '' : names.split(' ').map((name) => `\`${name}\``).join(', '));
  return [
    BEGIN,
    '',
    '| attribute | type | on | meaning |',
    '|---|---|---|---|',
    ...attributes.map(({ name, facts: [type, on], meaning }) => `| \`${name}\` | ${type} | ${on} | ${meaning} |`),
    '',
    '| metric | instrument | unit | by | meaning |',
    '|---|---|---|---|---|',
    ...metrics.map(({ name, facts: [instrument, unit, by], meaning }) => `| \`${name}\` | ${instrument} | ${unit} | ${short(by)} | ${meaning} |`),
    '',
    END,
  ].join('\n');
}

/** Replaces the block of a document; null when it has none. */
export function withTables(document, tables) {
  const from = document.indexOf(BEGIN);
  const to = document.indexOf(END);
  return from < 0 || to < 0 ? null : document.slice(0, from) + tables + document.slice(to + END.length);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const updated = withTables(readFileSync('docs/attributes.md', 'utf8'), attributeTables(readFileSync('src/model/attributes.ts', 'utf8')));
  if (updated === null) throw new Error(`docs/attributes.md has no ${BEGIN}`);
  writeFileSync('docs/attributes.md', updated);
}

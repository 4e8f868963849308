/** Checks every import in src/ against the table in scripts/layers.mjs. `node scripts/check-layers.mjs [ROOT]`. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { LAYERS, NO_PACKAGES } from './layers.mjs';

// One repetition between `import` and `from`: two nested ones take seconds over a long declaration without a semicolon.
const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g;

/** @returns {string[]} one line a violation */
export function findViolations(root) {
  const src = path.join(root, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  return files.flatMap((file) => violationsOf(src, file));
}

function violationsOf(src, file) {
  const from = file.split(path.sep)[0];
  const allowed = LAYERS[from];
  if (allowed === undefined) return [`src/${file}: the layer ${from} is not in scripts/layers.mjs`];
  const text = readFileSync(path.join(src, file), 'utf8');
  return [...text.matchAll(IMPORT)].flatMap((match) => judge(src, file, from, allowed, match[1] ?? match[2] ?? match[3]));
}

function judge(src, file, from, allowed, target) {
  if (!target.startsWith('.')) {
    return NO_PACKAGES.includes(from) ? [`src/${file}: ${from}/ imports nothing, but it imports ${target}`] : [];
  }
  const to = path.relative(src, path.resolve(src, path.dirname(file), target)).split(path.sep)[0].replace(/^index\.js$/, 'index.ts');
  if (to === '..') return target.endsWith('package.json') ? [] : [`src/${file}: imports ${target}, outside of src/`];
  return to === from || allowed.includes(to) ? [] : [`src/${file}: ${from}/ may not import ${to}/ (${target})`];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const violations = findViolations(process.argv[2] ?? '.');
  for (const line of violations) console.error(line);
  process.exitCode = violations.length > 0 ? 1 : 0;
}

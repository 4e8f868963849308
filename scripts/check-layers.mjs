/**
 * Checks every import in src/ against the ladder in scripts/layers.mjs, that no files import each other in a circle, and that floors
 * which have words only work no figures out.
 * `node scripts/check-layers.mjs [ROOT]`.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DRAWS, LAYERS, NO_PACKAGES, WORDS_ONLY } from './layers.mjs';

// One repetition between `import` and `from`: two nested ones take seconds over a long declaration without a semicolon.
const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g;

/** @returns {string[]} one line a violation */
export function findViolations(root, layers = LAYERS) {
  const src = path.join(root, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts')).map((f) => f.replaceAll(path.sep, '/'));
  const imports = new Map(files.map((file) => [file, importsOf(src, file)]));
  return [
    ...files.flatMap((file) => violationsOf(file, imports.get(file), layers)),
    ...ladderFaults(layers),
    ...circles(imports),
    ...figuresAbove(files, (file) => readFileSync(path.join(src, file), 'utf8')),
  ];
}

/** How figures are worked out, and thresholds that decide: a share below 1, or a share above it. */
const WORKED_OUT = [/\.(?:reduce|reduceRight|sort|toSorted)\s*[(<]/, /from '(?:simple-statistics|[^']*\/median\.js)'/, /^(?:export )?const [A-Z_]+ = [01]?\.\d+;/];

/** Lines of floors with words only that work figures out, and files that are excused for drawing and do not. */
function figuresAbove(files, textOf) {
  const excused = (file) => Object.keys(DRAWS).find((draws) => file === draws || file.startsWith(`${draws}/`));
  const found = files
    .filter((file) => WORDS_ONLY.some((floor) => file.startsWith(`${floor}/`)))
    .flatMap((file) => linesOf(textOf(file)).flatMap((line, index) => (WORKED_OUT.some((pattern) => pattern.test(line)) ? [{ file, line: index + 1 }] : [])));
  const used = new Set(found.map(({ file }) => excused(file)));
  const stale = Object.keys(DRAWS).filter((draws) => !used.has(draws) && files.some((file) => file === draws || file.startsWith(`${draws}/`)));
  return [
    ...found.filter(({ file }) => excused(file) === undefined).map(({ file, line }) => `src/${file}:${line}: works a figure out: find it in src/analyse/findings/, and put it into words here`),
    ...stale.map((draws) => `scripts/layers.mjs: ${draws} is excused for drawing and works nothing out`),
  ];
}

/** Without comments. */
const linesOf = (text) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, '')).split('\n');

/** What a file names in its imports, and the file in src/ that this is; null for packages. */
function importsOf(src, file) {
  const text = readFileSync(path.join(src, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3]).map((target) => ({
    target,
    to: target.startsWith('.') ? path.posix.normalize(path.posix.join(path.posix.dirname(file), target)).replace(/\.js$/, '.ts') : null,
  }));
}

/** The floor of a file: the longest entry of the table that it lies in. */
function floorOf(file, layers) {
  const parts = file.split('/');
  for (let count = parts.length; count > 0; count--) {
    const folder = parts.slice(0, count).join('/');
    if (layers[folder] !== undefined) return folder;
  }
  return undefined;
}

function violationsOf(file, imports, layers) {
  const from = floorOf(file, layers);
  if (from === undefined) return [`src/${file}: the layer ${file.split('/')[0]} is not in scripts/layers.mjs`];
  return imports.flatMap(({ target, to }) => {
    if (to === null) return NO_PACKAGES.includes(from) ? [`src/${file}: ${from}/ imports nothing, but it imports ${target}`] : [];
    if (to.startsWith('../')) return target.endsWith('package.json') ? [] : [`src/${file}: imports ${target}, outside of src/`];
    const floor = floorOf(to, layers) ?? to;
    return floor === from || layers[from].includes(floor) ? [] : [`src/${file}: ${from}/ may not import ${floor}/ (${target})`];
  });
}

/** The table itself is a ladder: what a floor may import stands below it, so that no folders can form a circle. */
function ladderFaults(layers) {
  const order = Object.keys(layers);
  return order.flatMap((floor, at) => layers[floor].filter((other) => order.indexOf(other) <= at).map((other) => `scripts/layers.mjs: ${floor} may import ${other}, which does not stand below it`));
}

/** Files that import each other in a circle: strongly connected components, by Tarjan's algorithm. */
function circles(imports) {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    index.set(file, index.size);
    low.set(file, index.get(file));
    stack.push(file);
    for (const { to } of imports.get(file)) {
      if (!imports.has(to)) continue;
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(file, Math.min(low.get(file), low.get(to)));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(`These files import each other in a circle: ${circle.map((one) => `src/${one}`).sort().join(', ')}`);
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return found;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const violations = findViolations(process.argv[2] ?? '.');
  for (const line of violations) console.error(line);
  process.exitCode = violations.length > 0 ? 1 : 0;
}

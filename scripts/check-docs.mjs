/** Checks that what the documentation names exists: paths, npm scripts, commands, options, attributes, exit codes. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { attributeTables, withTables } from './attributes-table.mjs';
import { NODES } from './node-versions.mjs';

const problems = [];
const read = (file) => readFileSync(file, 'utf8');
const scripts = JSON.parse(read('package.json')).scripts;
const commandFiles =
  readdirSync('src/cli/commands')
    .map((file) => read(`src/cli/commands/${file}`))
    .join('\n') +
  readdirSync('src/cli')
    .filter((f) => f.endsWith('.ts'))
    .map((f) => read(`src/cli/${f}`))
    .join('\n');
const commands = new Set([...commandFiles.matchAll(/command: '([a-z-]+)/g)].map((match) => match[1]).concat('completion'));
const options = new Set([...commandFiles.matchAll(/\.option\(\s*'([a-z-]+)'/g)].map((match) => match[1]));
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs')
    .filter((f) => f.endsWith('.md'))
    .map((f) => `docs/${f}`),
].filter(existsSync);

for (const document of documents) {
  const text = read(document);
  const folder = document.includes('/') ? 'docs/' : '';
  for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
    if (!existsSync(folder + target)) problems.push(`${document}: the link ${target} leads nowhere`);
  }
  for (const [, path] of text.matchAll(/`((?:src|scripts|test|docs|bench|examples|profiles|\.ci)\/[\w./-]*)`/g)) {
    if (!existsSync(path)) problems.push(`${document}: there is no ${path}`);
  }
  for (const [, name] of text.matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)) {
    if (scripts[name] === undefined) problems.push(`${document}: package.json has no script ${name}`);
  }
  for (const [, name, rest] of text.matchAll(/^(?:\$ |npx )?inferscope ([a-z]+)([^\n|]*)/gm)) {
    if (!commands.has(name)) problems.push(`${document}: there is no command ${name}`);
    for (const [, option] of rest.matchAll(/ --([a-z][a-z-]*)/g)) {
      if (!options.has(option.replace(/^no-/, '')) && !/^(?:help|version)$/.test(option))
        problems.push(`${document}: ${name} has no option --${option}`);
    }
  }
}

const commandsPage = read('docs/commands.md');
for (const name of commands)
  if (!new RegExp(`^## ${name}$`, 'm').test(commandsPage))
    problems.push(`docs/commands.md has no section ${name}: run node scripts/commands-doc.mjs`);

const versionsPage = read('docs/versions.md');
for (const { version } of Object.values(NODES))
  if (!versionsPage.includes(`| ${version} |`))
    problems.push(`docs/versions.md has no row of Node.js ${version}: run node scripts/versions-table.mjs`);

const exits = [...read('src/model/errors.ts').matchAll(/^ {2}\w+: (\d+),/gm)].map((match) => match[1]);
for (const code of exits)
  if (!new RegExp(`^\\| ${code} \\|`, 'm').test(read('docs/exit-codes.md'))) problems.push(`docs/exit-codes.md does not list ${code}`);
try {
  const page = read('docs/attributes.md');
  const tables = withTables(page, attributeTables(read('src/model/attributes.ts')));
  if (tables !== page)
    problems.push(
      'docs/attributes.md: the tables of attributes are not those of src/model/attributes.ts: run node scripts/attributes-table.mjs',
    );
} catch (error) {
  problems.push(error.message);
}

const walks = read('docs/architecture.md');
for (const [, name, file] of walks.matchAll(/^\| `(\w+)` \| `([\w./-]+)` \|/gm)) {
  if (!existsSync(file)) problems.push(`docs/architecture.md: there is no ${file}`);
  else if (!new RegExp(`(?:function|class|const) ${name}\\b`).test(read(file)))
    problems.push(`docs/architecture.md: ${file} has no ${name}`);
}

const layout = new Set([...read('src/README.md').matchAll(/^\| `([\w./-]+?)\/?` /gm)].map((match) => match[1]));
const folders = readdirSync('src', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(?:ts|c|py)$/.test(entry.name))
  .map((entry) => entry.parentPath.split('/').slice(1).join('/'));
for (const folder of new Set(folders)) {
  if (folder !== '' && !layout.has(folder)) problems.push(`src/README.md has no row for ${folder}/`);
}
for (const folder of layout) if (!existsSync(`src/${folder}`)) problems.push(`src/README.md has a row for ${folder}/, which is not there`);

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

/**
 * Writes docs/commands.md: every command with its options and what one real run of it printed, on this machine, now.
 * `node scripts/commands-doc.mjs` after a build; it takes some minutes. `--options`: the options alone, outputs stay.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { execa } from 'execa';

const TINY = 'test/fixtures/layers-tiny';
const RUNS = 'profiles/commands-doc';
const MAX_LINES = 30;

/** What is run, in this order: later ones read what earlier ones wrote. `remark`: what a reader has to know about it. */
/** @typedef {{ name: string, args: string[], remark?: string, hidden?: boolean }} Example */

/** @type {Example[]} */
const EXAMPLES = [
  { name: 'profile', args: [TINY, '--batch', '4', '--variants', 'uncompiled/predict,graph', '--duration', '2', '--out', `${RUNS}/before`] },
  { name: 'profile', args: [TINY, '--batch', '4', '--variants', 'uncompiled/predict,graph', '--duration', '2', '--out', `${RUNS}/after`], hidden: true },
  { name: 'compare', args: [`${RUNS}/before`, `${RUNS}/after`] },
  { name: 'run', args: ['--out', `${RUNS}/program`, '--', 'node', 'test/telemetry/live/programs/app.cjs'] },
  { name: 'view', args: [`${RUNS}/before`, '--text'] },
  { name: 'export', args: [`${RUNS}/before`, '--to', 'collapsed', '--out', `${RUNS}/stacks`] },
  { name: 'flame', args: ['--from-jaeger', 'http://127.0.0.1:16999', '--service', 'shop'], remark: 'No Jaeger answers there: the sentence and its exit code. With one, it writes a run folder and prints what `profile` prints.' },
  { name: 'jaeger', args: ['status', '--home', `${RUNS}/jaeger`] },
  { name: 'compile', args: [TINY, `${RUNS}/saved-model`] },
  { name: 'signatures', args: [`${RUNS}/before`] },
  { name: 'setup', args: ['--check'], remark: 'Without `--check` it makes what is missing; [platforms.md](platforms.md) says how.' },
  { name: 'doctor', args: [] },
  { name: 'baseline', args: [TINY, '--batch', '32', '--out', `${RUNS}/baseline.json`] },
  { name: 'check', args: [TINY, '--batch', '32', '--baseline', `${RUNS}/baseline.json`, '--max-regression', '5%'] },
  { name: 'sweep', args: [TINY, '--batch', '1,8,64', '--at', '32', '--variants', 'uncompiled/predict,graph', '--out', `${RUNS}/sweep`] },
  { name: 'reproduce', args: ['tiny', '--quick', '--out', `${RUNS}/reproduce`] },
  { name: 'completion', args: [] },
];

const inferscope = (args) => execa('node', ['dist/cli/main.js', ...args], { all: true, reject: false, env: { COLUMNS: '110', NO_COLOR: '1' } });
const plain = (text) => text.replaceAll(`${process.cwd()}/`, '').replaceAll(os.homedir(), '~').replace(/^.*\r/gm, '').replace(/[ \t]+$/gm, '');

/** TensorFlow's own log, which goes to standard error (of `run`, as the program's own) and says nothing about the command. */
const NATIVE_LOG = /^(?:WARNING: All log messages before absl|[IWE]\d{4} \d\d:|[IWE]0000 |\d{4}-\d\d-\d\d [\d:.]+: [IWE] |To enable the following instructions: )/;

function shortened(text) {
  const lines = plain(text).split('\n').filter((line) => !NATIVE_LOG.test(line));
  return lines.length <= MAX_LINES ? lines.join('\n') : [...lines.slice(0, MAX_LINES), `… (${lines.length - MAX_LINES} more lines)`].join('\n');
}

/** @param {Example} example */
async function sectionOf({ name, args, remark, hidden }) {
  const { all, exitCode } = await inferscope([name, ...args]);
  console.error(`${name}: ${exitCode}`);
  if (hidden) return [];
  return [`## ${name}

\`\`\`\`text
$ inferscope ${[name, ...args].join(' ')}
${shortened(all)}
$ echo $?
${exitCode}
\`\`\`\`
${remark === undefined ? '' : `\n${remark}\n`}
${await optionsOf(name)}
`];
}

async function optionsOf(name) {
  return `<details><summary>Options</summary>

\`\`\`text
${plain((await inferscope([name, '--help'])).all)}
\`\`\`

</details>`;
}

if (process.argv.includes('--options')) {
  let page = readFileSync('docs/commands.md', 'utf8');
  for (const { name } of EXAMPLES) {
    const [before, after] = [page.indexOf(`\n## ${name}\n`), '</details>'];
    const [from, to] = [page.indexOf('<details>', before), page.indexOf(after, before) + after.length];
    page = page.slice(0, from) + (await optionsOf(name)) + page.slice(to);
  }
  writeFileSync('docs/commands.md', page);
  process.exit();
}

if (existsSync(RUNS)) rmSync(RUNS, { recursive: true });
mkdirSync(RUNS, { recursive: true });
const sections = [];
try {
  for (const example of EXAMPLES) sections.push(...(await sectionOf(example)));
} finally {
  rmSync(RUNS, { recursive: true, force: true });
}
const machine = `${os.cpus().length} CPUs (${os.cpus()[0]?.model ?? 'unknown'}), Node.js ${process.versions.node}, load ${os.loadavg()[0].toFixed(1)}`;
writeFileSync('docs/commands.md', `# Every command, and what it prints

Each output is from a real run (\`node scripts/commands-doc.mjs\` makes this page again), on ${new Date().toISOString().slice(0, 10)}, ${machine}; long ones
are cut, and TensorFlow's own log lines left out. Every command ends with one of the [exit codes](exit-codes.md), and takes \`--json\`, \`--verbose\` and \`--help\`.

${sections.join('\n')}`);

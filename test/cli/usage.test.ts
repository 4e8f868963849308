import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.js';
import { withNegativeValues } from '../../src/cli/usage.js';
import { COMMANDS } from '../../src/cli/commands.js';

// What a newcomer mistypes; needs `npm run build`.
const CLI = path.resolve('dist/cli/main.js');
const TINY = path.resolve('test/fixtures/layers-tiny');
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-usage-'));
const run = (...args: string[]) => execa(process.execPath, [CLI, ...args], { reject: false, cwd: folder });

test.each([
  [[], 'Give a command: `inferscope --help` lists them.'],
  [['profle'], 'There is no command profle: did you mean profile?'],
  [['hello'], 'There is no command hello: `inferscope --help` lists them.'],
  [['compile', TINY], 'compile needs <out>: write inferscope compile <model> <out>.'],
  [['compare'], 'compare needs <baseline> and <candidate>: write inferscope compare <baseline> <candidate>.'],
  [['export', TINY], 'export needs --to: write inferscope export <run> --to ….'],
  [['profile', TINY, '--bacth', '3'], 'profile has no option --bacth: did you mean --batch?'],
  [['profile', TINY, '--graph-pases'], 'profile has no option --graph-pases: did you mean --graph-passes?'],
  [['doctor', '--everything'], 'doctor has no option --everything: `inferscope doctor --help` lists those it has.'],
  [['profile', 'my', 'model'], 'profile has no use for "model": write inferscope profile <model>, and quote what holds spaces.'],
  [
    ['flame', 'a.cpuprofile'],
    'flame reads traces from where they are stored (--from-jaeger, --from-clickhouse): `inferscope view a.cpuprofile` opens a file.',
  ],
  [
    ['flame', 'a.cpuprofile', '--service', 'shop'],
    'flame reads traces from where they are stored (--from-jaeger, --from-clickhouse): `inferscope view a.cpuprofile` opens a file.',
  ],
  [['flame', '--from-jaeger', 'http://localhost:16686'], 'flame needs --service: write inferscope flame --service ….'],
  [['profile', TINY, '--level', 'layers'], '--level cannot be "layers": use one of stages, kernels.'],
  [['jaeger', 'start'], 'action cannot be "start": use one of up, status, down.'],
  [['profile', TINY, '--js=maybe'], '--js takes no value such as "maybe": write --js or --no-js.'],
  [['profile', TINY, '--batch', '0,foo'], '--batch must be a whole number of 1 or more, not "0,foo".'],
  [['profile', TINY, '--duration', '-1'], '--duration must be a number above 0, not "-1".'],
  [['profile', TINY, '--quick', '-5x'], '--quick takes no value such as "-5x": write --quick or --no-quick.'],
  [['profile', TINY, '--calls', '2', '--calls', '3'], '--calls was given more than once: give it once.'],
  [['profile', TINY, '--variants', ','], '--variants needs at least one name after it.'],
  [['profile', TINY, '--out'], '--out needs a value after it.'],
  [['profile', TINY, '--shape'], '--shape needs a value after it.'],
  [['view', TINY, '--port', '70000'], '--port must be a whole number from 0 to 65535, not "70000".'],
  [['baseline', TINY, '--sessions', '2'], '--sessions must be a whole number of 3 or more, not "2".'],
  [
    ['flame', '--from-jaeger', 'http://x', '--service', 's', '--split-by', 'a', '--split-at', '1h'],
    '--split-at and --split-by exclude each other: give one of them.',
  ],
] as const)('%j: one sentence with the remedy, exit code 64', async (args, sentence) => {
  await expect(runCli(args)).rejects.toMatchObject({ message: sentence, exitCode: 64 });
});

test.each([
  [
    ['profile', TINY, '--signature', 'x'],
    `${TINY} is a layers model, and only a SavedModel has tags and signatures: leave out --tags and --signature.`,
  ],
  [['export', TINY, '--to', 'otlp-json', '--out', '-'], '--to otlp-json does not write to standard output: name a folder with --out.'],
] as const)('%j: found when the command runs, in the same words', async (args, sentence) => {
  const { stderr, exitCode } = await run(...args);
  expect([stderr.split('\n').at(-1), exitCode]).toEqual([`inferscope: ${sentence}`, 64]);
});

test.each([
  [['profile', 'app.mjs'], 'app.mjs is a program: `inferscope run -- node app.mjs` records the calls that it makes.', 65],
  [
    ['profile', 'my app.py'],
    "my app.py is a program: `inferscope run -- python 'my app.py'` records the calls that it makes, and `inferscope profile 'my app.py':FUNCTION` profiles the Keras model that a function of it returns.",
    65,
  ],
  [['view', 'app.ts'], 'app.ts is a program: `inferscope run -- npx tsx app.ts` records the calls that it makes.', 65],
  [['run', 'app.mjs'], 'app.mjs is no command by itself: write `inferscope run -- node app.mjs`.', 66],
  [['compare', 'node a.js', 'npm run b'], "These are two programs: write `inferscope compare --run 'node a.js' 'npm run b'`.", 64],
  [['compare', 'app.mjs', 'app.ts'], "These are two programs: write `inferscope compare --run 'node app.mjs' 'npx tsx app.ts'`.", 64],
] as const)('%j, a program where something else is read: the command that takes it', async (args, sentence, code) => {
  for (const name of ['app.mjs', 'app.ts', 'my app.py']) writeFileSync(path.join(folder, name), 'print(1)\n');
  const { stderr, exitCode } = await run(...args);
  expect([stderr.split('\n').at(-1), exitCode]).toEqual([`inferscope: ${sentence}`, code]);
});

test('a mistake is one line on stderr, with --json an object on stdout too', async () => {
  const { stdout, stderr, exitCode } = await run('compile', TINY, '--json');
  expect(stderr).toBe('inferscope: compile needs <out>: write inferscope compile <model> <out>.');
  expect([JSON.parse(stdout), exitCode]).toEqual([
    { error: { message: 'compile needs <out>: write inferscope compile <model> <out>.', exitCode: 64 } },
    64,
  ]);
});

/** What a command imports, as a loader hook sees it. */
async function imported(...args: string[]): Promise<{ readonly modules: readonly string[]; readonly stdout: string }> {
  const hook = path.join(folder, 'hook.mjs');
  writeFileSync(
    hook,
    "import { writeSync } from 'node:fs';\nexport const load = (url, context, next) => { writeSync(2, `loads ${url}\\n`); return next(url, context); };\n",
  );
  const register = `data:text/javascript,import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(hook).href)});`;
  const { stdout, stderr } = await execa(process.execPath, ['--import', register, CLI, ...args], { cwd: folder });
  return { modules: stderr.split('\n').filter((line) => line.startsWith('loads ')), stdout };
}

test('--help and --version import no command, no TensorFlow and no OpenTelemetry; a command imports its own alone', async () => {
  const help = await imported('--help');
  for (const entry of COMMANDS) expect(help.stdout).toContain(`inferscope ${entry.command}`);
  const heavy = /\/dist\/cli\/commands\/|@tensorflow|@opentelemetry/;
  expect([help.modules.length > 0, help.modules.filter((name) => heavy.test(name))]).toEqual([true, []]);
  expect((await imported('--version')).modules.filter((name) => heavy.test(name))).toEqual([]);
  const signatures = await imported('signatures', '--help');
  expect(signatures.modules.filter((name) => heavy.test(name)).map((name) => path.basename(name))).toEqual(['signatures.js']);
});

test('completes the options of the command that is being typed', async () => {
  expect((await run('--get-yargs-completions', 'inferscope', 'signatures', '--')).stdout.split('\n')).toContain('--verbose');
  expect((await run('--get-yargs-completions', 'inferscope', 'jaeger', '--')).stdout.split('\n')).toContain('--query-port');
});

test('a value that begins with a minus is the value of the option before it; what a program is given stays', () => {
  const joined = (text: string): string => withNegativeValues(text.split(' ')).join(' ');
  expect(joined('profile m --rate -5/s --quick')).toBe('profile m --rate=-5/s --quick');
  expect(joined('profile m --rate constant:5/s -v')).toBe('profile m --rate constant:5/s -v');
  expect(joined('run --level stages -- node a.js --rate -5/s')).toBe('run --level stages -- node a.js --rate -5/s');
});

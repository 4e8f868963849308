/**
 * `node scripts/sample-report.mjs` after a build: runs the README's first two commands in a project as a user has it, on a
 * model of real size from npm, and writes what they printed into the README and the report into profiles/samples/audio/.
 * Takes a few minutes. `--duration SECONDS` a variant (default 5).
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { AUDIO_MODEL, AUDIO_SHAPE } from './models.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const sample = path.join(root, 'profiles/samples/audio');
const MAX_BYTES = 1_000_000;
const given = process.argv.indexOf('--duration');
const duration = given < 0 ? '5' : process.argv[given + 1];

const project = mkdtempSync(path.join(tmpdir(), 'my-project-'));
const inferscope = async (...args) => {
  // What npm sets for npx: the printed commands are then those of a user's project.
  const { stdout, exitCode, stderr } = await execa(process.execPath, [path.join(root, 'dist/cli/main.js'), ...args], { cwd: project, reject: false, env: { npm_command: 'exec' } });
  if (exitCode !== 0) throw new Error(`inferscope ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
  return stdout.replaceAll(project, '/home/you/my-project').replace(/[ \t]+$/gm, '');
};

function intoReadme(name, text) {
  const file = path.join(root, 'README.md');
  const readme = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- output of ${name}: scripts/sample-report.mjs -->`, `<!-- /output of ${name} -->`];
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`README.md has no ${begin}`);
  writeFileSync(file, `${readme.slice(0, from)}${begin}\n\`\`\`\`text\n${text}\n\`\`\`\`\n${readme.slice(to)}`);
}

try {
  cpSync(path.dirname(AUDIO_MODEL), path.join(project, 'model'), { recursive: true });
  cpSync(path.join(root, 'examples/program/app.js'), path.join(project, 'app.js'));
  writeFileSync(path.join(project, 'package.json'), '{ "type": "module" }\n');
  symlinkSync(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
  const ran = await inferscope('run', '--out', 'profiles/app', '--', 'node', 'app.js', '20');
  const profiled = await inferscope('profile', 'model/', '--shape', AUDIO_SHAPE, '--duration', duration, '--out', 'profiles/model');
  intoReadme('run', `$ npx inferscope run -- node app.js\n${ran}`);
  intoReadme('profile', `$ npx inferscope profile model/ --shape ${AUDIO_SHAPE}\n${profiled}`);
  mkdirSync(sample, { recursive: true });
  for (const name of ['report.html', 'report.md']) {
    cpSync(path.join(project, 'profiles/model', name), path.join(sample, name));
    const { size } = statSync(path.join(sample, name));
    if (size > MAX_BYTES) throw new Error(`${name} has ${size} bytes, which is too much for a sample`);
    console.log(`${path.join(sample, name)}: ${(size / 1000).toFixed(0)} kB`);
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}

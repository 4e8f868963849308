/**
 * `node scripts/advice-doc.mjs` after a build: runs the commands that docs/advice.md shows, on this machine, now, and writes
 * the advice that they gave below each. Takes about two minutes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

const PAGE = 'docs/advice.md';
const out = mkdtempSync(path.join(tmpdir(), 'inferscope-advice-'));
const page = readFileSync(PAGE, 'utf8');
const blocks = page.split(/(```text\n\$ inferscope [\s\S]*?\n```)/);
try {
  for (const [at, block] of blocks.entries()) {
    const commands = [...block.matchAll(/^\$ inferscope (.*)$/gm)].map(([, command]) => command);
    const shown = [];
    for (const command of at % 2 === 1 ? commands : []) shown.push(await run(command));
    if (at % 2 === 1) blocks[at] = `\`\`\`text\n${shown.join('\n\n')}\n\`\`\``;
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
writeFileSync(PAGE, blocks.join(''));

async function run(command) {
  const args = ['dist/cli/main.js', ...command.split(' '), '--out', out, '--overwrite'];
  const { stdout, stderr, exitCode } = await execa(process.execPath, args, { reject: false });
  if (exitCode !== 0) throw new Error(`inferscope ${command} ended with ${exitCode}: ${stderr}`);
  const advice = /^## Advice\n\n[\s\S]*?(?=\n\n## |\n*$(?![\s\S]))/m.exec(stdout)?.[0] ?? '## Advice\n\nNone.';
  return `$ inferscope ${command}\n…\n${advice}\n…`;
}

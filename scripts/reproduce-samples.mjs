/**
 * Remakes the committed results of the published experiments on tfjs-node:
 * `node scripts/reproduce-samples.mjs [--quick]` after `npm run build`, some minutes on a quiet machine.
 *
 * Keeps report.html, report.md and claims.json (with the machine's description); the runs themselves are large and stay
 * out of the repository.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = path.join(root, 'profiles', 'samples', 'reproduce-tfjs-node');
const out = mkdtempSync(path.join(tmpdir(), 'inferscope-samples-'));
const { status } = spawnSync(process.execPath, [path.join(root, 'dist', 'cli', 'main.js'), 'reproduce', 'all', '--out', out, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
if (status === 0) {
  mkdirSync(target, { recursive: true });
  for (const file of ['report.html', 'report.md', 'claims.json']) copyFileSync(path.join(out, file), path.join(target, file));
  console.log(`Written: ${path.relative(process.cwd(), target)}`);
}
rmSync(out, { recursive: true, force: true });
process.exitCode = status ?? 1;

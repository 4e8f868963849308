/**
 * `npm run build`: compiles src/ to dist/, bundles it for `require`, copies what is not TypeScript (the report's page, the
 * Python agent), compiles the add-ons. `--pack`: the add-ons for every platform that they are published for.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCjs } from './bundle-cjs.mjs';
import { bundlePage } from './bundle-page.mjs';
import { prebuild } from './prebuild.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const copied = /(op-definitions\.json|\.(py|css|html|browser\.js|c|h))$/;

const { status } = spawnSync(path.join(root, 'node_modules/.bin/tsc'), ['-p', path.join(root, 'tsconfig.json'), '--incremental', '--tsBuildInfoFile', path.join(root, 'dist/.tsbuildinfo')], { stdio: 'inherit', cwd: root });
if (status !== 0) process.exit(status ?? 1);
for (const file of readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
  if (copied.test(file) && !file.split(path.sep).includes('build')) cpSync(path.join(root, 'src', file), path.join(root, 'dist', file));
}
await bundlePage();
await bundleCjs();
await prebuild(process.argv.includes('--pack') ? 'for-publishing' : 'for-here');
const main = path.join(root, 'dist/cli/main.js');
if (existsSync(main)) chmodSync(main, 0o755);

/** Bundles the report's page (src/report/page/browser/) into dist/report/page/browser/: one script, one style sheet. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

export async function bundlePage() {
  const source = path.join(root, 'src/report/page/browser');
  const target = path.join(root, 'dist/report/page/browser');
  const { outputFiles } = await build({
    entryPoints: [path.join(source, 'main.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
  });
  mkdirSync(target, { recursive: true });
  writeFileSync(path.join(target, 'page.js'), outputFiles[0].text.trim());
  cpSync(path.join(source, 'page.css'), path.join(target, 'page.css'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bundlePage();

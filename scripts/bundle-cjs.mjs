/**
 * The package for `require` and `--require`: the same sources as one CommonJS file an entry, under dist/cjs/, because
 * Node.js before 20.19 cannot `require` a module. Packages stay outside; all that these entries import can be required.
 */
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = path.join(root, 'src');
const target = path.join(root, 'dist/cjs');

/** Files beside a source (the add-on, the page, package.json) are found from where its own compiled file is. */
const ownUrl = {
  name: 'own-url',
  setup(bundler) {
    bundler.onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      const compiled = path.relative(target, path.join(root, 'dist', path.relative(source, file))).replaceAll(path.sep, '/').replace(/ts$/, 'js');
      const url = `urlOfCompiled(${JSON.stringify(compiled)})`;
      return { contents: readFileSync(file, 'utf8').replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};

export async function bundleCjs() {
  await build({
    entryPoints: { index: path.join(source, 'index.ts'), register: path.join(source, 'telemetry/live/register.ts'), 'node-compat': path.join(source, 'telemetry/live/node-compat.ts') },
    outdir: target,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.15',
    packages: 'external',
    banner: { js: "const urlOfCompiled = (file) => require('node:url').pathToFileURL(require('node:path').join(__dirname, file)).href;" },
    plugins: [ownUrl],
    legalComments: 'none',
  });
  mkdirSync(path.join(target, 'types'), { recursive: true });
  writeFileSync(path.join(target, 'package.json'), '{ "type": "commonjs" }\n');
  // TypeScript decides by the nearest package.json whether a declaration is a module's or CommonJS.
  for (const file of readdirSync(path.join(root, 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.d.ts') && !file.startsWith(`cjs${path.sep}`)) cpSync(path.join(root, 'dist', file), path.join(target, 'types', file));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bundleCjs();

/**
 * The package for `require` and `--require`: the same sources as one CommonJS file an entry, under dist/cjs/, because
 * Node.js before 20.19 cannot `require` a module. Packages stay outside; all that these entries import can be required.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = path.join(root, 'src');
const target = path.join(root, 'dist/cjs');

/** Below src/. */
const entries = { index: 'index.ts', register: 'telemetry/live/register.ts', 'node-compat': 'telemetry/live/node-compat.ts' };

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
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, path.join(source, file)])),
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
  rmSync(path.join(target, 'types'), { recursive: true, force: true });
  mkdirSync(path.join(target, 'types'), { recursive: true });
  writeFileSync(path.join(target, 'package.json'), '{ "type": "commonjs" }\n');
  // TypeScript decides by the nearest package.json whether a declaration is a module's or CommonJS.
  for (const file of declarationsFrom(Object.values(entries).map((entry) => entry.replace(/ts$/, 'd.ts')))) {
    cpSync(path.join(root, 'dist', file), path.join(target, 'types', file));
  }
}

/** Declarations that those of the entries need, as paths below dist/. */
function declarationsFrom(entries) {
  const found = new Set(entries);
  for (const file of found) {
    const text = readFileSync(path.join(root, 'dist', file), 'utf8');
    for (const [, name] of text.matchAll(/(?:from |import\()'(\.{1,2}\/[^']+)\.js'/g)) found.add(path.join(path.dirname(file), `${name}.d.ts`));
  }
  return found;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bundleCjs();

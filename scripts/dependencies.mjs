/**
 * Writes docs/dependencies.md from package.json, the installed packages and the reasons below. `--check` (in `npm run
 * check`): fails when the page lacks a dependency, names another version or licence, or a dependency has no reason.
 */
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const PAGE = 'docs/dependencies.md';
const OTEL = 'part of OpenTelemetry JS; its packages are pinned together';
const STDLIB = 'one package per function';

/** Name → what it is used for, and why this one. */
const REASONS = {
  '@grpc/grpc-js': ['OTLP over gRPC', 'what the OpenTelemetry gRPC exporter takes as its peer'],
  '@opentelemetry/api': ['spans and metrics in the caller\'s own providers', OTEL],
  '@opentelemetry/core': ['trace context, time, export results', OTEL],
  '@opentelemetry/exporter-trace-otlp-proto': ['`export --to otlp` over HTTP', OTEL],
  '@opentelemetry/instrumentation': ['base class of `InferenceInstrumentation`', OTEL],
  '@opentelemetry/otlp-exporter-base': ['types and retries of the exporters', OTEL],
  '@opentelemetry/otlp-grpc-exporter-base': ['`export` over gRPC', OTEL],
  '@opentelemetry/otlp-transformer': ['spans to OTLP bytes', OTEL],
  '@opentelemetry/resources': ['what the process is, on each span', OTEL],
  '@opentelemetry/sdk-metrics': ['programs with metrics of their own, in tests', OTEL],
  '@opentelemetry/sdk-node': ['programs with an SDK of their own, in tests', OTEL],
  '@opentelemetry/sdk-trace-base': ['span processors and exporters', OTEL],
  '@opentelemetry/semantic-conventions': ['names of attributes', OTEL],
  '@stdlib/stats-base-dists-f-cdf': ['do two fits differ', STDLIB],
  '@stdlib/stats-base-dists-normal-quantile': ['confidence intervals', STDLIB],
  '@stdlib/stats-base-dists-t-cdf': ['does a difference count', STDLIB],
  '@stdlib/stats-base-dists-t-quantile': ['confidence intervals of few rounds', STDLIB],
  '0x': ['the flamegraph page of `profile --js`', 'the flamegraph tool of the Node.js world; most of the installed tree comes with it'],
  ajv: ['refusing files that do not fit their schema', 'the JSON Schema validator'],
  'cli-progress': ['progress bars', 'small, no terminal framework'],
  'env-paths': ['where Jaeger\'s data is kept', 'the customs of each system in one function'],
  execa: ['running Python, Jaeger, 0x', 'ends children with us, and says how they ended'],
  fflate: ['zip and gzip (`.keras`, `.npz`, pprof)', 'fast, no dependencies, synchronous'],
  fzstd: ['zstd (compressed profiles)', 'no dependencies; Node.js has it only since 22.15'],
  'node-api-headers': ['headers to compile the TensorFlow binding with', 'Node\'s own, so that no Node headers must be on the machine and node-gyp is not needed'],
  'node-gyp-build': ['finding the add-on\'s binary', 'what prebuilt add-ons are found with'],
  npyjs: ['`.npy` inputs', 'the reader in use; no native part'],
  open: ['opening a report in the browser', 'knows every desktop, WSL too'],
  protobufjs: ['pprof, SavedModel and OTLP files', 'the reference protobuf library for JavaScript'],
  'simple-statistics': ['quantiles, medians, regression', 'small, documented, no dependencies'],
  yargs: ['the command line', 'help, completion and strict options in one'],
  '@spotify/basic-pitch': ['a real audio model for the demo and tests', 'a model that others made, inside its package'],
  '@tensorflow/tfjs-node': ['what is profiled, in tests', 'a peer dependency, so that the user\'s own copy is taken'],
  '@types/cli-progress': ['types', ''],
  '@types/node': ['types', ''],
  '@types/yargs': ['types', ''],
  'd3-flame-graph': ['the flamegraph of the report\'s page', 'bundled into the page'],
  esbuild: ['bundles the page and the CommonJS build', 'one file an entry, in a second'],
  prettier: ['`npm run check`', ''],
  eslint: ['`npm run check`', ''],
  'fast-check': ['property tests', ''],
  'onnxruntime-node': ['what is profiled, in tests', 'a peer dependency, so that the user\'s own copy is taken; its install script, which downloads CUDA, is not run'],
  'playwright-core': ['the report in a real browser, in tests', 'without its own browsers'],
  speedscope: ['reads what we write, in tests', 'the other tool itself'],
  typescript: ['the compiler', ''],
  'typescript-eslint': ['`npm run check`', ''],
  vite: ['under vitest', 'pinned for it'],
  vitest: ['tests', ''],
  yaml: ['reads the example workflow, in tests', ''],
};

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const installed = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));

/** Without the packages nested in it. */
function bytesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    if (entry.name === 'node_modules') return sum;
    const inner = path.join(folder, entry.name);
    return sum + (entry.isDirectory() ? bytesOf(inner) : entry.isFile() ? statSync(inner).size : 0);
  }, 0);
}

/** Tfjs-node holds what the set-up put there too. */
const sizeOf = (name) => (name === '@tensorflow/tfjs-node' ? '2 MB' : bytesOf(`node_modules/${name}`) < 1e6 ? `${Math.ceil(bytesOf(`node_modules/${name}`) / 1e3)} kB` : `${(bytesOf(`node_modules/${name}`) / 1e6).toFixed(1)} MB`);

function licenceOf(name) {
  const { license } = installed(name);
  return typeof license === 'string' ? license : license?.type ?? '?';
}

const rowStart = (name, version) => `| \`${name}\` | ${version} | ${licenceOf(name)} |`;

function table(dependencies) {
  const rows = Object.entries(dependencies).map(([name, version]) => {
    const [what, why] = REASONS[name];
    return `${rowStart(name, version)} ${sizeOf(name)} | ${what} | ${why} |`;
  });
  return ['| package | version | licence | size | what for | why this one |', '|---|---|---|---:|---|---|', ...rows].join('\n');
}

function page() {
  return `# Dependencies

Written by \`node scripts/dependencies.mjs\`; \`npm run check\` fails when it no longer fits package.json. Versions are pinned
exactly. Sizes are of the package alone, unpacked, without what it depends on.

\`npm run -s sbom\` prints a software bill of materials (CycloneDX) of everything in package-lock.json, by npm's own command; what is
only for working on it is marked \`cdx:npm:package:development\`.

## Installed with Inferscope

${table(manifest.dependencies)}

\`@tensorflow/tfjs-node\` and \`onnxruntime-node\` are optional peers: the copy of the user's project is what is profiled.

## For working on it

${table(manifest.devDependencies)}

Fetched when needed, pinned and checked by hash: the TensorFlow wheel (\`scripts/setup/versions.mjs\`) and, to compile the
add-on for publishing, zig (\`scripts/prebuild.mjs\`).
`;
}

function problems() {
  const text = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const loose = all.filter(([, version]) => !/^\d+\.\d+\.\d+/.test(version)).map(([name]) => `package.json: pin ${name} to an exact version`);
  const unexplained = all.filter(([name]) => REASONS[name] === undefined).map(([name]) => `scripts/dependencies.mjs has no reason for ${name}: add one and run node scripts/dependencies.mjs`);
  // One that is not installed yet is npm's to tell.
  const stale = all.filter(([name, version]) => existsSync(`node_modules/${name}/package.json`) && installed(name).version === version && !text.includes(rowStart(name, version))).map(([name]) => `${PAGE} does not have ${name} as it is: run node scripts/dependencies.mjs`);
  const gone = [...text.matchAll(/^\| `([^`]+)` \|/gm)].filter(([, name]) => !all.some(([there]) => there === name)).map(([, name]) => `${PAGE} has ${name}, which package.json has not: run node scripts/dependencies.mjs`);
  return [...loose, ...unexplained, ...stale, ...gone];
}

if (process.argv.includes('--check')) {
  const found = problems();
  for (const line of found) console.error(line);
  process.exitCode = found.length > 0 ? 1 : 0;
} else writeFileSync(PAGE, page());

/** What other viewers need to draw the same frames: the first call of the recording, which has every path once. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const require = createRequire(import.meta.url);

/** One object a frame of the first call: its parent, name and duration. */
function framesOf({ spans, strings }) {
  const frames = [];
  for (let row = 0; row < spans.length && spans.call[row] === 0; row++) frames.push({ name: strings[spans.name[row]], value: spans.durationNanos[row], parent: spans.parent[row], self: spans.durationNanos[row], children: [] });
  for (const frame of frames) {
    if (frame.parent < 0) continue;
    frames[frame.parent].children.push(frame);
    frames[frame.parent].self -= frame.value;
  }
  return frames;
}

/** A page that draws the tree with d3-flame-graph, its own bundles inlined. */
export function d3Page(folder, recording) {
  const [root] = framesOf(recording);
  const plain = (node) => ({ name: node.name, value: node.value, children: node.children.map(plain) });
  const { outputFiles } = buildSync({
    stdin: { contents: "import { select } from 'd3-selection'; import flamegraph from 'd3-flame-graph'; Object.assign(window, { select, flamegraph });", resolveDir: path.dirname(fileURLToPath(import.meta.url)) },
    bundle: true,
    write: false,
    format: 'iife',
    loader: { '.css': 'empty' },
  });
  const script = outputFiles[0].text.replaceAll('</script', '<\\/script');
  const file = path.join(folder, 'd3.html');
  writeFileSync(file, `<!doctype html><meta charset="utf-8"><div id="chart"></div><script>${script}</script>
<script>const data = ${JSON.stringify(plain(root))};
window.chart = flamegraph().width(1124).transitionDuration(0);
select('#chart').datum(data).call(window.chart);
requestAnimationFrame(() => { window.drawn = true; });</script>`);
  return file;
}

/** The frames as collapsed stacks, one line a frame with time of its own. */
export function stackFile(folder, recording) {
  const frames = framesOf(recording);
  const paths = [];
  frames.forEach((frame, row) => (paths[row] = frame.parent < 0 ? frame.name : `${paths[frame.parent]};${frame.name}`));
  const file = path.join(folder, 'stacks.collapsed.txt');
  writeFileSync(file, frames.flatMap((frame, row) => (frame.self > 0 ? [`${paths[row]} ${frame.self}`] : [])).join('\n'));
  return file;
}

/** Address of speedscope's own page with a file to import in it, as its command line opens it. */
export function speedscopePage(folder, stacks) {
  const release = path.join(path.dirname(require.resolve('speedscope/package.json')), 'dist/release');
  cpSync(release, path.join(folder, 'speedscope'), { recursive: true });
  const encoded = readFileSync(stacks).toString('base64');
  const script = path.join(folder, 'speedscope-file.js');
  writeFileSync(script, `speedscope.loadFileFromBase64("stacks.collapsed.txt", "${encoded}")`);
  return `${pathToFileURL(path.join(folder, 'speedscope/index.html')).href}#localProfilePath=${script}`;
}

/** Seconds that 0x takes to draw a `.cpuprofile` with these frames. */
export function zeroX(folder, recording) {
  const frames = framesOf(recording);
  const nodes = frames.map((frame, row) => ({ id: row + 1, callFrame: { functionName: frame.name, scriptId: '0', url: 'file:///bench.js', lineNumber: row, columnNumber: 0 }, hitCount: 1, children: [] }));
  frames.forEach((frame, row) => frame.parent >= 0 && nodes[frame.parent].children.push(row + 1));
  const profile = { nodes, startTime: 0, endTime: frames.length * 1000, samples: nodes.map(({ id }) => id), timeDeltas: nodes.map(() => 1000) };
  const file = path.join(folder, 'bench.cpuprofile');
  writeFileSync(file, JSON.stringify(profile));
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [require.resolve('0x/cmd.js'), '--visualize-cpu-profile', file, '-D', path.join(folder, '0x')], { encoding: 'utf8', cwd: folder, timeout: 120_000 });
  if (status !== 0) return { seconds: null, reason: (stderr ?? '').trim().split('\n').at(-1) || 'it did not end within two minutes' };
  return { seconds: (performance.now() - started) / 1000, frames: frames.length };
}

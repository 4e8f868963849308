/**
 * What other viewers need to draw the bench's recording, each in the best form it takes: speedscope its own event format with
 * every span; 0x a `.cpuprofile` with a sample a span; d3-flame-graph, which takes nothing but a tree, the tree of one call,
 * which has every path once.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const require = createRequire(import.meta.url);

/** One object a frame of the first call: its parent's index, name, duration and self time. */
function framesOf({ spans, strings }) {
  const frames = [];
  for (let row = 0; row < spans.length && spans.call[row] === 0; row++) frames.push({ name: strings[spans.name[row]], value: spans.durationNanos[row], parent: spans.parent[row], children: [] });
  for (const frame of frames) if (frame.parent >= 0) frames[frame.parent].children.push(frame);
  return frames;
}

/**
 * A page that draws the tree with d3-flame-graph, its own bundles inlined. `minFrameSize` in pixels is what its readme
 * offers against too many frames; it is off unless the user sets it.
 */
export function d3Page(folder, recording, minFrameSize) {
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
window.chart = flamegraph().width(1124).transitionDuration(0).minFrameSize(${minFrameSize});
select('#chart').datum(data).call(window.chart);</script>`);
  return pathToFileURL(file).href;
}

/** Address of speedscope's own page with every span of the recording to import in it, as its command line opens a file. */
export function speedscopePage(folder, { spans, strings }) {
  const events = [];
  const open = [];
  const close = () => {
    const row = open.pop();
    events.push({ type: 'C', frame: spans.name[row], at: spans.startNanos[row] + spans.durationNanos[row] });
  };
  for (let row = 0; row < spans.length; row++) {
    while (open.length > 0 && open.at(-1) !== spans.parent[row]) close();
    events.push({ type: 'O', frame: spans.name[row], at: spans.startNanos[row] });
    open.push(row);
  }
  while (open.length > 0) close();
  const file = { $schema: 'https://www.speedscope.app/file-format-schema.json', exporter: 'bench@1', shared: { frames: strings.map((name) => ({ name })) }, profiles: [{ type: 'evented', name: 'bench', unit: 'nanoseconds', startValue: 0, endValue: events.at(-1).at, events }] };
  cpSync(path.join(path.dirname(require.resolve('speedscope/package.json')), 'dist/release'), path.join(folder, 'speedscope'), { recursive: true });
  const script = path.join(folder, 'speedscope-file.js');
  writeFileSync(script, `speedscope.loadFileFromBase64("bench.speedscope.json", "${Buffer.from(JSON.stringify(file)).toString('base64')}")`);
  return `${pathToFileURL(path.join(folder, 'speedscope/index.html')).href}#localProfilePath=${script}`;
}

/** Writes the `.cpuprofile` that 0x is to draw: a node a frame, a sample a span. */
export function cpuProfile(folder, recording) {
  const frames = framesOf(recording);
  const calls = recording.calls.length;
  const nodes = frames.map(({ name }, row) => ({ id: row + 1, callFrame: { functionName: name, scriptId: '0', url: 'file:///bench.js', lineNumber: row, columnNumber: 0 }, hitCount: calls, children: [] }));
  frames.forEach(({ parent }, row) => parent >= 0 && nodes[parent].children.push(row + 1));
  const samples = Array.from(recording.spans.name, (_, row) => (row % frames.length) + 1);
  // A folder of its own, because 0x writes beside the file.
  const own = path.join(folder, 'cpuprofile');
  mkdirSync(own, { recursive: true });
  const file = path.join(own, 'bench.cpuprofile');
  writeFileSync(file, JSON.stringify({ nodes, startTime: 0, endTime: samples.length * 1000, samples, timeDeltas: samples.map(() => 1000) }));
  return file;
}

/**
 * Draws a `.cpuprofile` with 0x: seconds of its whole process and the address of the page.
 * @throws what it said, or that it was too slow
 */
export function zeroX(file, limitMillis) {
  const folder = path.dirname(file);
  const started = performance.now();
  const { status, stderr, error } = spawnSync(process.execPath, [require.resolve('0x/cmd.js'), '--visualize-cpu-profile', file], { encoding: 'utf8', cwd: folder, timeout: limitMillis });
  if (/** @type {NodeJS.ErrnoException | undefined} */ (error)?.code === 'ETIMEDOUT') throw new Error(`not written within ${limitMillis / 1000} s`);
  if (status !== 0) throw new Error((stderr ?? '').trim().split('\n').at(-1) || `it ended with ${status}`);
  return { seconds: (performance.now() - started) / 1000, page: pathToFileURL(path.join(folder, 'flamegraph.html')).href };
}

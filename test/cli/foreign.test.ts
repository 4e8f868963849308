import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

// Files of other tools, as a user gives them to the built command line.
const CLI = path.resolve('dist/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-foreign-'));
const run = (...args: string[]) => execa(process.execPath, [CLI, ...args], { reject: false, cwd: folder });
const file = (name: string, content: string): string => {
  writeFileSync(path.join(folder, name), content);
  return name;
};
const trace = (conv: number) =>
  JSON.stringify({
    traceEvents: [0, 1, 2, 3].flatMap((i) => [
      { ph: 'X', cat: 'Session', name: 'model_run', ts: i * 1000, dur: 500 + conv, pid: 1, tid: 1 },
      { ph: 'X', cat: 'Node', name: 'conv1_kernel_time', args: { op_name: 'Conv' }, ts: i * 1000 + 5, dur: conv + i, pid: 1, tid: 1 },
    ]),
  });
const before = file('before.json', trace(100));
const after = file('after.json', trace(300));

/** What the server answers to each set of headers, as no browser would send them. */
const statuses = (address: URL, headers: readonly Record<string, string>[]): Promise<(number | undefined)[]> =>
  Promise.all(
    headers.map(
      (each) =>
        new Promise<number | undefined>((resolve, reject) => {
          request(address, { headers: each }, (response) => resolve(response.resume().statusCode))
            .on('error', reject)
            .end();
        }),
    ),
  );

/** What Node.js itself starts with; older ones read many modules at once and need more for ours, newer ones hardly any. */
const FEWEST_HANDLES = Number(process.versions.node.split('.')[0]) < 22 ? 32 : 22;

test('few file handles are told as such, also where Node.js says that a package is not there', async () => {
  const limited = (handles: number) =>
    execa(
      'bash',
      [
        '-c',
        `ulimit -n ${handles}; exec "$0" "$@"`,
        process.execPath,
        CLI,
        'profile',
        path.resolve('test/fixtures/layers-tiny'),
        '--calls',
        '2',
        '--out',
        `few-${handles}`,
      ],
      { reject: false, cwd: folder },
    );
  const [fewest, ...others] = await Promise.all([FEWEST_HANDLES, FEWEST_HANDLES + 2, 40].map(limited));
  const refused = [74, expect.stringContaining('no file handle left: raise the limit with `ulimit -n 1024`')];
  expect([fewest?.exitCode, fewest?.stderr]).toEqual(refused);
  // Where they are enough, nothing is left out for the lack of one, and only our own lines are seen.
  for (const { exitCode, stderr } of others) {
    if (exitCode === 0) expect(stderr).not.toMatch(/left out|inferscope-log|too many/i);
    else expect([exitCode, stderr]).toEqual(refused);
  }
});

test('an error that nobody waits for is one sentence too, and ends the command', async () => {
  // As a process that cannot be started does it, once the command line is there.
  const thrower = `data:text/javascript,${encodeURIComponent(`
    setInterval(() => {
      if (process.listenerCount('uncaughtException') > 0) throw Object.assign(new Error('spawn node EMFILE'), { code: 'EMFILE' });
    }, 5)`)}`;
  const { exitCode, stderr } = await execa(process.execPath, ['--import', thrower, CLI, 'view', before, '--no-open'], {
    reject: false,
    cwd: folder,
    timeout: 30_000,
  });
  expect([exitCode, stderr]).toEqual([
    74,
    'inferscope: This process has no file handle left: raise the limit with `ulimit -n 1024` and run the command again.',
  ]);
});

test('view prints, writes and serves a profile of another tool', async () => {
  const text = await run('view', before, '--text');
  expect(text.exitCode).toBe(0);
  expect(text.stdout).toMatch(/^# model_run takes 83 % of before\.json\.$/m);
  expect(text.stdout).toMatch(/`Conv` +\| kernel execution \| +406 µs \| +406 µs \| +17 % \| +4×/);
  const written = await run('view', before, '--out', 'page.html', '--json');
  expect(JSON.parse(written.stdout)).toMatchObject({
    profiles: [{ format: 'chrome-trace', unit: 'nanoseconds', total: 2_400_000 }],
    files: ['page.html'],
  });
  expect(readFileSync(path.join(folder, 'page.html'), 'utf8')).toMatch(/<div id="flame-view"><\/div>/);

  const server = execa(process.execPath, [CLI, 'view', before, '--no-open'], { cwd: folder, reject: false });
  const line = await new Promise<string>((resolve) => server.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())));
  const address = new URL(/http:\S+/.exec(line)![0]);
  const page = await (await fetch(address)).text();
  // A site whose name was made to lead here, and a page of another one that asks from within the browser.
  expect(
    await statuses(address, [
      {},
      { host: `localhost:${address.port}` },
      { host: 'evil.example' },
      { host: `evil.example:${address.port}` },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${address.port}` },
    ]),
  ).toEqual([200, 200, 403, 403, 403, 403, 200]);
  server.kill('SIGINT');
  expect(page).toContain('<b>before.json</b> <span class="muted">chrome-trace</span>');
  expect((await server).exitCode).toBe(0);
});

test('advises on what recurs in a trace of ONNX Runtime, and names its one-time work as such', async () => {
  const real = path.resolve('test/fixtures/foreign/onnxruntime-1.trace.json');
  const { stdout } = await run('view', real, '--text');
  // Conv has 151 µs of the 339 µs that are neither loading nor initialising.
  expect(stdout).toMatch(/^# Conv takes 45 % of the calls in onnxruntime-1\.trace\.json\.$/m);
  expect(stdout).toMatch(
    /^Measured, 33\.5 ms in all, of which 33\.1 ms \(99 %\) is one-time work: session_initialization 29\.1 ms, model_loading_uri 4\.01 ms\.$/m,
  );
  expect(stdout).toMatch(
    /\*\*What to do:\*\* Look at Conv first; .* The one-time work is paid once per process: keep the model loaded for all calls\.$/m,
  );
  expect(stdout).toMatch(/`session_initialization` +\| graph building, one-time \|/);
  const data = JSON.parse((await run('view', real, '--text', '--json')).stdout);
  expect(data.profiles[0].oneTime.map(({ name }: { name: string }) => name)).toEqual(['session_initialization', 'model_loading_uri']);
  expect((await run('compare', real, path.resolve('test/fixtures/foreign/onnxruntime-2.trace.json'))).stdout).toMatch(
    /- Of onnxruntime-2\.trace\.json \(candidate\), .* is one-time work: .* It is part of what is compared\./,
  );
  const only = file(
    'load.json',
    JSON.stringify([{ ph: 'X', cat: 'Session', name: 'session_initialization', ts: 0, dur: 10, pid: 1, tid: 1 }]),
  );
  expect((await run('view', only, '--text')).stdout).toMatch(/^# session_initialization takes 100 % of load\.json\.$/m);
});

test('compare says which frames differ, and leaves a page and its text', async () => {
  const { stdout, exitCode } = await run('compare', before, after, '--out', 'diff', '--json');
  expect(exitCode).toBe(0);
  const { comparisons, files } = JSON.parse(stdout);
  expect(comparisons[0]).toMatchObject({ basis: 'time', baseline: 'before.json (baseline)', candidate: 'after.json (candidate)' });
  const conv = comparisons[0].frames.find(({ path: way }: { path: string[] }) => way.at(-1) === 'Conv');
  expect(conv).toMatchObject({ selfBefore: 406_000, selfAfter: 1_206_000, shift: 800_000, significant: true });
  expect(files.map(({ path: name }: { path: string }) => name)).toEqual(['diff/report.html', 'diff/report.md']);
  expect(readFileSync(path.join(folder, 'diff/report.md'), 'utf8')).toMatch(/`Conv`.*\+800 µs \| +yes/);
});

test.each(['pytorch', 'onnxruntime'])('compare takes two real traces of %s', async (tool) => {
  const [first, second] = [1, 2].map((run) => path.resolve(`test/fixtures/foreign/${tool}-${run}.trace.json`));
  const { stdout, exitCode } = await run('compare', first!, second!);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(', which may be chance.');
  expect(stdout).toMatch(/^0 of \d+ frames changed significantly\.$/m);
});

test.each([
  ['an empty file', () => ['view', file('empty.json', '')], 'empty.json: the file is empty; write it again with its tool'],
  [
    'JSON of another kind',
    () => ['view', file('other.json', '{"a": 1}')],
    'other.json is JSON with the fields “a”, but none of the formats',
  ],
  ['a cut trace', () => ['compare', before, file('cut.json', trace(1).slice(0, 80))], 'cut.json: it is not complete JSON'],
  ['text that is none', () => ['view', file('notes.txt', 'hello\nworld\n')], 'notes.txt: line 1 is not “frame;frame count”'],
  ['times of counts', () => ['compare', before, file('count.txt', 'a;b 3\n'), '--by', 'time'], 'does not state times'],
] as const)('%s: one sentence, exit code 65', async (_what, args, sentence) => {
  const { stderr, exitCode } = await run(...args());
  expect(exitCode).toBe(65);
  expect(stderr).toContain(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('a taken port is one sentence too', async () => {
  const first = execa(process.execPath, [CLI, 'view', before, '--no-open'], { cwd: folder, reject: false });
  const line = await new Promise<string>((resolve) => first.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())));
  const { stderr, exitCode } = await run('view', before, '--no-open', '--port', /:(\d+)/.exec(line)![1]!);
  first.kill('SIGINT');
  await first;
  expect(exitCode).toBe(64);
  expect(stderr).toMatch(/^inferscope: Cannot serve on port \d+ .*choose another with --port/);
});

test.each(['onnx-tiny.onnx', 'layers-tiny'])('view of a model says what to do with it: %s', async (name) => {
  const model = path.resolve('test/fixtures', name);
  const { exitCode, stderr } = await run('view', model, '--text');
  expect([exitCode, stderr]).toEqual([
    65,
    `inferscope: ${model} is a model, which has no report yet: \`inferscope profile ${model}\` measures it.`,
  ]);
});

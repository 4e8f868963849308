/**
 * `npm run fuzz -- TARGET --cases N [--seed S]`: damages files of a target in N ways and tells every crash, hang (more than
 * 2 s) and figure that cannot be. TARGET is a name or `all`. What was found is kept under test/fixtures/fuzz/TARGET/, and is
 * tried again first in every later run. A new target is an entry in scripts/fuzz/readers.mjs, or a file like it in TARGETS.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { mutate, random } from './fuzz/mutate.mjs';
import { ONNX } from './fuzz/onnx.mjs';
import { OURS } from './fuzz/ours.mjs';
import { READERS } from './fuzz/readers.mjs';

const TARGETS = [...READERS, ...OURS, ...ONNX];
const SLOW_MS = 2000;
/** A case that is still not done is stopped, and the rest goes on in another thread. */
const HANG_MS = 20_000;
/** In place of a case's number while a thread loads what it tests, and before its first case. */
const LOADING = -1;

const kept = (target) => path.join('test/fixtures/fuzz', target);
const keptCases = (target) => (existsSync(kept(target)) ? readdirSync(kept(target)).sort().map((name) => readFileSync(path.join(kept(target), name))) : []);

/** The bytes of one case: what was kept first, then the seeds as they are, then damaged ones. */
function bytesOf({ keptBytes, seeds, damage = mutate }, seed, index) {
  const whole = [...keptBytes, ...seeds];
  const fixed = whole[index];
  return fixed ?? damage(random(seed + index).pick(seeds), seeds, seed * 1_000_003 + index);
}

/** What the process has computed since; others may have had the machine meanwhile. */
function cpuMillis(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function runCases({ target: name, seed, from, cases, now }) {
  const target = TARGETS.find((each) => each.name === name);
  const files = { keptBytes: keptCases(name), seeds: target.seeds(), damage: target.damage };
  const current = new Int32Array(now);
  for (let index = from; index < cases; index++) {
    Atomics.store(current, 0, index);
    const bytes = bytesOf(files, seed, index);
    const [started, busy] = [performance.now(), process.cpuUsage()];
    let fault = null;
    try {
      target.run(bytes);
    } catch (thrown) {
      fault = thrown instanceof Error ? `${thrown.name}: ${thrown.message}\n${(thrown.stack ?? '').split('\n').slice(1, 4).join('\n')}` : String(thrown);
    }
    const millis = performance.now() - started;
    if (fault === null && millis > SLOW_MS && cpuMillis(busy) > SLOW_MS) fault = `slow: ${Math.round(millis)} ms`;
    if (fault !== null) parentPort.postMessage({ index, fault, bytes });
  }
}

function keep(target, bytes) {
  mkdirSync(kept(target), { recursive: true });
  const file = path.join(kept(target), createHash('sha256').update(bytes).digest('hex').slice(0, 16));
  writeFileSync(file, bytes);
  return file;
}

async function fuzz(name, cases, seed) {
  const target = TARGETS.find((each) => each.name === name);
  const seen = new Set();
  let faults = 0;
  const tell = (fault, bytes) => {
    faults++;
    const place = fault.split('\n').slice(0, 2).join(' ').replace(/\d+/g, '#');
    if (seen.has(place)) return;
    seen.add(place);
    console.error(`${name}: ${fault}\n  kept as ${keep(name, Buffer.from(bytes))}`);
  };
  for (let from = 0; from < cases; ) {
    const hangs = await runInThread({ target: name, seed, from, cases }, tell);
    if (hangs === null) break;
    tell(`hangs for more than ${HANG_MS / 1000} s`, bytesOf({ keptBytes: keptCases(name), seeds: target.seeds(), damage: target.damage }, seed, hangs));
    from = hangs + 1;
  }
  console.log(`${name}: ${cases} cases, seed ${seed}, ${faults} faults`);
  return faults;
}

/**
 * Loading what is tested takes a second, so all targets share a thread, until one hangs in it.
 *
 * @type {Worker | null}
 */
let thread = null;

/** Null when all cases are done, else the one that hangs, whose thread is gone. */
function runInThread(job, tell) {
  const now = new SharedArrayBuffer(4);
  Atomics.store(new Int32Array(now), 0, LOADING);
  thread ??= new Worker(new URL(import.meta.url));
  const worker = thread;
  return new Promise((resolve, reject) => {
    let last = { index: -1, since: Date.now() };
    const leave = () => {
      clearInterval(watch);
      worker.off('message', onMessage).off('error', onError);
    };
    const watch = setInterval(() => {
      const index = Atomics.load(new Int32Array(now), 0);
      if (index === LOADING || index !== last.index) last = { index, since: Date.now() };
      else if (Date.now() - last.since > HANG_MS) {
        leave();
        thread = null;
        worker.terminate().then(() => resolve(index), reject);
      }
    }, 500);
    const onMessage = (told) => {
      if (told !== 'done') return tell(told.fault, told.bytes);
      leave();
      resolve(null);
    };
    const onError = (thrown) => {
      leave();
      reject(thrown);
    };
    worker.on('message', onMessage).on('error', onError);
    worker.postMessage({ ...job, now });
  });
}

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { cases: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } } });
  const names = positionals[0] === 'all' ? TARGETS.map(({ name }) => name) : positionals;
  const [cases, seed] = [Number(values.cases), Number(values.seed)];
  const wrong = names.find((name) => !TARGETS.some((target) => target.name === name));
  if (names.length === 0 || wrong !== undefined || !Number.isSafeInteger(cases) || !Number.isSafeInteger(seed)) {
    console.error(`Usage: npm run fuzz -- TARGET --cases N --seed S, where TARGET is all, ${TARGETS.map(({ name }) => name).join(', ')}.`);
    process.exitCode = 64;
    return;
  }
  let faults = 0;
  for (const name of names) faults += await fuzz(name, cases, seed);
  process.exitCode = faults === 0 ? 0 : 1;
}

if (isMainThread) {
  await main();
  await thread?.terminate();
} else
  parentPort.on('message', (job) => {
    runCases(job);
    parentPort.postMessage('done');
  });

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readForeignProfile } from '../../helpers/foreign-profile.js';
import { WRITTEN } from './samples.js';

/** The page of the npm package `speedscope`: its own importers, as its command line starts them. */
const PAGE = path.join(path.dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release/index.html');
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-speedscope-'));
let browser: Browser;

/** Debian's, installed by the script when there is none. */
const findChromium = (): string => execFileSync(process.execPath, ['scripts/chromium.mjs'], { encoding: 'utf8' }).trim();

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Own nanoseconds by the frame's name, without frames that have none. */
type OwnNanos = Readonly<Record<string, number>>;

/**
 * Opens a file in speedscope and turns to its table of frames; gives what the page shows, what it logged, and what its own
 * export then holds.
 */
async function openIn(name: string, content: string | Uint8Array): Promise<{ shown: string; log: string; own: OwnNanos | null }> {
  const script = path.join(folder, `${name}.js`);
  writeFileSync(
    script,
    `speedscope.loadFileFromBase64(${JSON.stringify(name)}, ${JSON.stringify(Buffer.from(content).toString('base64'))})`,
  );
  const page = await browser.newPage();
  const log: string[] = [];
  page.on('console', (message) => log.push(message.text()));
  page.on('pageerror', (error) => log.push(error.message));
  await page.goto(`${pathToFileURL(PAGE).href}#localProfilePath=${script}`);
  await page.waitForFunction(() => /Sandwich|went wrong/.test(document.body.innerText), undefined, { timeout: 30_000 });
  await page.keyboard.press('3');
  await page.waitForFunction(() => /Symbol Name[^]*%|went wrong/i.test(document.body.innerText), undefined, { timeout: 30_000 });
  const shown = await page.evaluate(() => document.body.innerText);
  const own = shown.includes('went wrong') ? null : await exportedBy(page);
  await page.close();
  return { shown, log: log.join('\n'), own };
}

interface Exported {
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly profiles: readonly (
    | {
        readonly type: 'sampled';
        readonly unit: Unit;
        readonly samples: readonly (readonly number[])[];
        readonly weights: readonly number[];
      }
    | {
        readonly type: 'evented';
        readonly unit: Unit;
        readonly events: readonly { readonly type: 'O' | 'C'; readonly at: number; readonly frame: number }[];
      }
  )[];
}
type Unit = keyof typeof NANOS;
const NANOS = { nanoseconds: 1, microseconds: 1e3, milliseconds: 1e6, seconds: 1e9, none: 1 };

async function exportedBy(page: Page): Promise<OwnNanos> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
  const { shared, profiles } = JSON.parse(readFileSync(await download.path(), 'utf8')) as Exported;
  const own = new Map<string, number>();
  for (const profile of profiles) {
    const add = (frame: number | undefined, amount: number): void => {
      if (frame === undefined || amount === 0) return;
      const { name } = shared.frames[frame]!;
      own.set(name, (own.get(name) ?? 0) + amount * NANOS[profile.unit]);
    };
    if (profile.type === 'sampled') profile.samples.forEach((stack, i) => add(stack.at(-1), profile.weights[i]!));
    else {
      const open: number[] = [];
      profile.events.forEach(({ type, at, frame }, i) => {
        add(open.at(-1), at - (profile.events[i - 1]?.at ?? at));
        if (type === 'O') open.push(frame);
        else open.pop();
      });
    }
  }
  return rounded(own);
}

/** The same of what our reader makes of the file. V8's idle time is no frame to speedscope. */
function readHere(name: string, content: string | Uint8Array): OwnNanos {
  const own = new Map<string, number>();
  const waiting = readForeignProfile(name, Buffer.from(content)).map(({ tree }) => tree);
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.selfNanos > 0 && node.name !== '(idle)') own.set(node.name, (own.get(node.name) ?? 0) + node.selfNanos);
    waiting.push(...node.children);
  }
  return rounded(own);
}

/** Without what either side adds to a name: arguments there, file and line here. */
function rounded(own: ReadonlyMap<string, number>): OwnNanos {
  const sums: Record<string, number> = {};
  for (const [name, nanos] of own) {
    const plain = name.replace(/ \{.*\}$/s, '').replace(/ \S+:\d+$/, '');
    sums[plain] = (sums[plain] ?? 0) + Math.round(nanos);
  }
  return sums;
}

const IMPORTERS: Readonly<Record<string, RegExp>> = {
  'run.speedscope.json': /Importing as speedscope json file/,
  'run.nanos.collapsedstack.txt': /Importing as collapsed stack format/,
  'run.trace.json': /Importing as Trace Event Format profile/,
  'run.cpuprofile': /Importing as Chrome CPU Profile/,
  'run.pb.gz': /Importing as protobuf encoded pprof file/,
};

test.each(Object.keys(WRITTEN))('speedscope imports %s and lists its frames', async (name) => {
  const { shown, log, own } = await openIn(name, WRITTEN[name]!);
  expect(log).toMatch(IMPORTERS[name]!);
  expect(log).not.toMatch(/Failed to load/);
  expect(shown).toMatch(/MatMul/);
  expect(shown).toMatch(/predict/);
  // To speedscope the last sample of a .cpuprofile takes no time.
  const last = name.endsWith('.cpuprofile') ? { fetch: undefined } : {};
  expect({ ...own, ...last }).toEqual({ ...readHere(name, WRITTEN[name]!), ...last });
});

const EVENTS = ['B a 0', 'B b 10', 'E b 40', 'E a 90', 'B a 100', 'E a 150'].map((line) => {
  const [ph, name, ts] = line.split(' ');
  return { ph, name, ts: Number(ts), pid: 1, tid: 1 };
});
const HERMES = {
  traceEvents: [{ ph: 'M', name: 'thread_name', pid: 7, tid: '1', ts: '0', args: { name: 'js' } }],
  samples: ['1000 1', '1040 3', '1070 2', '1100 1'].map((line) => {
    const [ts, sf] = line.split(' ');
    return { cpu: '-1', name: '', ts, pid: 7, tid: '1', weight: '1', sf: Number(sf) };
  }),
  stackFrames: { 1: { name: 'root', category: 'root' }, 2: { name: 'f', parent: 1 }, 3: { name: 'g', parent: 2 } },
};

const fixture = (name: string): string => readFileSync(`test/fixtures/foreign/${name}`, 'utf8');
const FILES: Readonly<Record<string, string>> = {
  'py-spy.collapsed.txt': fixture('py-spy.collapsed.txt'),
  'py-spy.speedscope.json': fixture('py-spy.speedscope.json'),
  'begins.trace.json': JSON.stringify(EVENTS),
  'hermes.trace.json': JSON.stringify(HERMES),
};

test.each(Object.keys(FILES))('speedscope and our reader give each frame of %s the same time', async (name) => {
  const [{ own }, here] = [await openIn(name, FILES[name]!), readHere(name, FILES[name]!)];
  expect(Object.keys(here)).not.toEqual([]);
  expect(own).toEqual(here);
});

test('speedscope refuses what is damaged, so the tests above can fail', async () => {
  const { shown, log } = await openIn('run.speedscope.json', String(WRITTEN['run.speedscope.json']).replace('"type":"C"', '"type":"O"'));
  expect(shown).toContain('Something went wrong');
  expect(log).toMatch(/Tried to leave frame/);
});

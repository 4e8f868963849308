import { setImmediate as turn } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { acquire, withLock } from '../../scripts/setup/lock.mjs';

const folder = () => mkdtempSync(path.join(tmpdir(), 'inferscope-lock-'));

/** The pid of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('close', resolve));
  return child.pid ?? 0;
}

describe('the lock of the setup', () => {
  it('is taken from a holder that is dead, and leaves nothing behind', async () => {
    const dir = folder();
    const file = path.join(dir, 'it.lock');
    writeFileSync(file, JSON.stringify({ pid: await deadPid(), token: 'a', born: '1' }));
    const lock = await acquire(file, { patienceMs: 0 });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is taken from a holder whose pid now belongs to another process', async () => {
    const file = path.join(folder(), 'it.lock');
    writeFileSync(file, JSON.stringify({ pid: process.pid, token: 'a', born: 'not when this process was born' }));
    (await acquire(file, { patienceMs: 0 })).release();
    expect(existsSync(file)).toBe(false);
  });

  it('is taken when a crash of the machine left it empty', async () => {
    const file = path.join(folder(), 'it.lock');
    writeFileSync(file, '');
    (await acquire(file, { patienceMs: 0 })).release();
  });

  it('is taken when the one who was removing a dead holder died too', async () => {
    const file = path.join(folder(), 'it.lock');
    writeFileSync(file, JSON.stringify({ pid: await deadPid(), token: 'a', born: '1' }));
    writeFileSync(`${file}.break-a`, JSON.stringify({ pid: await deadPid(), token: 'b', born: '1' }));
    (await acquire(file, { patienceMs: 0 })).release();
    expect(existsSync(file)).toBe(false);
  });

  it('is not taken from a living holder: a sentence tells who holds it', async () => {
    const file = path.join(folder(), 'it.lock');
    const lock = await acquire(file);
    await expect(acquire(file, { patienceMs: 0, pollMs: 1 })).rejects.toMatchObject({
      exit: 'locked',
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    lock.release();
  });

  it('is not taken while a command of the dead holder still runs', async () => {
    const file = path.join(folder(), 'it.lock');
    writeFileSync(file, JSON.stringify({ pid: await deadPid(), token: 'a', born: '1', child: { pid: process.pid } }));
    await expect(acquire(file, { patienceMs: 0, pollMs: 1 })).rejects.toMatchObject({ exit: 'locked' });
  });

  it('lets one in at a time', async () => {
    const file = path.join(folder(), 'it.lock');
    writeFileSync(file, JSON.stringify({ pid: await deadPid(), token: 'a', born: '1' }));
    const events: string[] = [];
    const work = (name: string) =>
      withLock(file, {}, async () => {
        events.push(`${name} in`);
        for (let turns = 0; turns < 20; turns++) await turn();
        events.push(`${name} out`);
      });
    await Promise.all(['a', 'b', 'c'].map(work));
    expect(events).toHaveLength(6);
    for (let i = 0; i < events.length; i += 2) expect(events[i + 1]).toBe(events[i]?.replace('in', 'out'));
  });
});

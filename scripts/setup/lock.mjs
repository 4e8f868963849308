/**
 * A lock file that survives `kill -9`: it names its holder, and a holder that is gone does not count.
 *
 * - It appears with its content in one step (`link`), so it is never seen empty.
 * - A holder also writes down the command it is running: npm or a compiler outlives a killed setup,
 *   and must finish before somebody else works on the same files.
 * - Removing a dead holder's file is itself done under a lock (named after that very file's token), so
 *   that two processes cannot both take it for dead, and the second remove the first one's new lock.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, readJson } from './paths.mjs';
import { SetupProblem } from './problem.mjs';

/**
 * @typedef {object} Holder
 * @property {number} pid
 * @property {string} token
 * @property {string | undefined} born start of the process, because pids are used again
 * @property {{pid: number, born: string | undefined}} [child]
 */

/** @type {Set<Lock>} released when a signal ends us */
const held = new Set();

export class Lock {
  /** @param {string} file @param {Holder} holder */
  constructor(file, holder) {
    this.file = file;
    this.holder = holder;
  }

  /** @param {number | undefined} pid the command now running on our behalf, or undefined when it ended */
  setChild(pid) {
    const { child: _, ...rest } = this.holder;
    this.holder = pid === undefined ? rest : { ...rest, child: { pid, born: birthOf(pid) } };
    const draft = `${this.file}.${this.holder.token}`;
    fs.writeFileSync(draft, JSON.stringify(this.holder));
    fs.renameSync(draft, this.file);
  }

  release() {
    held.delete(this);
    if (readJson(this.file)?.token === this.holder.token) fs.rmSync(this.file, { force: true });
  }
}

export function releaseAll() {
  for (const lock of held) lock.release();
}

/** @param {number} pid the command all held locks are waiting for */
export function setChildOfAll(pid) {
  for (const lock of held) lock.setChild(pid);
}

export function clearChildOfAll() {
  for (const lock of held) lock.setChild(undefined);
}

/**
 * @param {string} file
 * @param {{onWait?: (pid: number) => void, patienceMs?: number, pollMs?: number}} [how]
 * @returns {Promise<Lock>}
 */
export async function acquire(file, how = {}) {
  const { onWait = () => {}, patienceMs = 30 * 60_000, pollMs = 200 } = how;
  const deadline = Date.now() + patienceMs;
  let told = false;
  for (;;) {
    const lock = tryAcquire(file);
    if (lock) return lock;
    const holder = readHolder(file);
    if (holder === undefined) continue;
    if (isDead(holder)) {
      await removeDead(file, holder, how);
      continue;
    }
    if (!told) onWait(holder.pid);
    told = true;
    if (Date.now() > deadline) throw new SetupProblem('locked', `Another setup (process ${holder.pid}) still holds ${file}: wait for it, or end it, and run this again.`);
    await sleep(pollMs);
  }
}

/**
 * @template T
 * @param {string} file
 * @param {{onWait?: (pid: number) => void}} how
 * @param {() => Promise<T>} work
 */
export async function withLock(file, how, work) {
  const lock = await acquire(file, how);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** @param {string} file @returns {Lock | undefined} */
function tryAcquire(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  /** @type {Holder} */
  const holder = { pid: process.pid, token: randomUUID(), born: birthOf(process.pid) };
  const draft = `${file}.${holder.token}`;
  fs.writeFileSync(draft, JSON.stringify(holder));
  try {
    fs.linkSync(draft, file);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return undefined;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
  const lock = new Lock(file, holder);
  held.add(lock);
  return lock;
}

/** @param {string} file @param {Holder} dead @param {{pollMs?: number}} how */
async function removeDead(file, dead, how) {
  const breaker = await acquire(`${file}.break-${dead.token}`, how);
  try {
    if (readHolder(file)?.token === dead.token) fs.rmSync(file, { force: true });
  } finally {
    breaker.release();
  }
}

/**
 * A file that holds no JSON can only come from a crash of the whole machine (see `link` above): nobody's.
 * @param {string} file @returns {Holder | undefined} undefined when there is no such file
 */
function readHolder(file) {
  return readJson(file) ?? (fs.existsSync(file) ? { pid: 0, token: 'unreadable', born: undefined } : undefined);
}

/** @param {Holder} holder */
function isDead(holder) {
  return !isSame(holder) && !(holder.child && isSame(holder.child));
}

/** @param {{pid: number, born?: string | undefined}} who */
function isSame(who) {
  if (!isAlive(who.pid)) return false;
  const born = birthOf(who.pid);
  return who.born === undefined || born === undefined || born === who.born;
}

/** Field 22 of /proc/PID/stat, counted after the name, which may hold spaces and brackets. @param {number} pid */
function birthOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

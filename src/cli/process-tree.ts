import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in whatever form the system says it; empty where it does not. */
  readonly started: string;
}

interface Entry extends ProcessIdentity {
  readonly parent: number;
}

/** The process and all below it, as they are now; empty when it has ended. */
export function processTree(root: number): readonly ProcessIdentity[] {
  const entries = allProcesses();
  const found = entries.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...entries.filter(({ parent }) => parent === pid));
  return found;
}

export const isAlive = ({ pid, started }: ProcessIdentity): boolean =>
  allProcesses().some((entry) => entry.pid === pid && entry.started === started);

function allProcesses(): readonly Entry[] {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

function fromProc(): Entry[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // The name of the program, in brackets, may hold anything; what follows its last bracket may not.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), started: rest[17] ?? '' }];
    } catch {
      return [];
    }
  });
}

function fromPs(): Entry[] {
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,lstart='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, started] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), started: started ?? '' }];
  });
}

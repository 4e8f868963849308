import path from 'node:path';
import { textOf } from './system-file.js';

/** Where control groups are mounted, and which one this process is in. */
export interface CgroupPlaces {
  readonly root: string;
  readonly own: string;
}

const PLACES: CgroupPlaces = { root: '/sys/fs/cgroup', own: '/proc/self/cgroup' };

/** A container's limit of processor time. */
export interface CpuLimit {
  /** Processors' worth of time. */
  readonly cores: number;
  /** Time in which it has held this container back so far. */
  throttledNanos(): number;
}

/** The tightest limit that holds for this process, of its control group and all above it (versions 1 and 2); null without one. */
export function cpuLimit(places: CgroupPlaces = PLACES): CpuLimit | null {
  const limited = foldersOf('cpu', places).flatMap((folder) => {
    const cores = coresOf(folder);
    return cores === null ? [] : [{ folder, cores }];
  });
  if (limited.length === 0) return null;
  return {
    cores: Math.min(...limited.map(({ cores }) => cores)),
    throttledNanos: () => limited.reduce((sum, { folder }) => sum + throttledIn(folder), 0),
  };
}

/** The folders of a controller that hold for this process, its own first; a container may see its own as the root. */
function foldersOf(controller: string, { root, own }: CgroupPlaces): readonly string[] {
  const folders = new Set<string>();
  for (const line of (textOf(own) ?? '').split('\n')) {
    const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || group === undefined) continue;
    const second = controllers === '';
    if (!second && !controllers.split(',').includes(controller)) continue;
    const mounts = second ? [root] : [path.join(root, controllers), path.join(root, controller)];
    for (const mount of mounts)
      for (let at = path.join('/', group); ; at = path.dirname(at)) {
        folders.add(path.join(mount, at));
        if (at === '/') break;
      }
  }
  return [...folders];
}

function coresOf(folder: string): number | null {
  const [quota, period] = (textOf(path.join(folder, 'cpu.max')) ?? '').split(' ');
  const first = [textOf(path.join(folder, 'cpu.cfs_quota_us')), textOf(path.join(folder, 'cpu.cfs_period_us'))] as const;
  const cores =
    quota === undefined || period === undefined ? Number(first[0] ?? NaN) / Number(first[1] ?? NaN) : Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : null;
}

/** Version 2 counts microseconds, version 1 nanoseconds. */
function throttledIn(folder: string): number {
  const text = textOf(path.join(folder, 'cpu.stat')) ?? '';
  const micros = /^throttled_usec (\d+)$/m.exec(text)?.[1];
  return micros === undefined ? Number(/^throttled_time (\d+)$/m.exec(text)?.[1] ?? 0) : Number(micros) * 1000;
}

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { counted } from './checks.js';
import { profilesOf, readForeignPath } from './read-foreign.js';
import type { ForeignProfile } from '../model/foreign.js';

/** Where TensorFlow's and JAX's profilers write below the folder that they were given, and one folder deeper (`train/`). */
const BELOW_LOG: readonly string[] = ['plugins/profile', 'profile'];

const traceNames = (folder: string): readonly string[] => entriesOf(folder).filter((name) => name.endsWith('.xplane.pb'));

/** Entries of a folder, none where it is none or may not be read. */
function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Folders of single recordings, named by date; all that there are at or below a log folder. */
function sessionsIn(folder: string): readonly string[] {
  const tops = [folder, ...entriesOf(folder).map((name) => path.join(folder, name))];
  const dated = tops.flatMap((top) =>
    BELOW_LOG.flatMap((below) => entriesOf(path.join(top, below)).map((name) => path.join(top, below, name))),
  );
  return [...new Set([folder, ...dated])].filter((each) => traceNames(each).length > 0);
}

/**
 * The newest traces in a folder that TensorFlow's profiler wrote, one of each host; null where it holds none.
 *
 * @throws UserError when one is damaged
 */
export function profilesInLog(folder: string): readonly ForeignProfile[] | null {
  const sessions = sessionsIn(folder);
  const newest = [...sessions].sort((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1)).at(-1);
  if (newest === undefined) return null;
  const profiles = traceNames(newest).flatMap((name) => profilesOf(readForeignPath(name, path.join(newest, name))));
  const others = sessions.length - 1;
  const note = `The newest trace in the folder: ${path.relative(folder, newest) || path.basename(newest)}; ${counted(others, 'older one')} left out.`;
  return profiles.map((profile, i) => (i === 0 && others > 0 ? { ...profile, notes: [...profile.notes, note] } : profile));
}

/** What profilers call the files that they write into a folder of their own. */
const PROFILE = /\.(?:cpuprofile|speedscope\.json|trace\.json(?:\.gz)?|pprof|pb\.gz|folded|collapsed)$|^node_trace\.\d+\.log$/;

/** The last by name of the profiles in a folder or one below it, such as what `node --cpu-prof-dir` fills; null where there is none. */
export function profileWithin(folder: string): string | null {
  const below = entriesOf(folder).flatMap((name) => [name, ...entriesOf(path.join(folder, name)).map((inner) => path.join(name, inner))]);
  const last = below.filter((name) => PROFILE.test(path.basename(name))).at(-1);
  return last === undefined ? null : path.join(folder, last);
}

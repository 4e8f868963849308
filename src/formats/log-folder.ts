import { readdirSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../model/errors.js';
import type { ForeignProfile } from '../model/foreign.js';
import { counted } from './checks.js';
import { profilesOf, readForeignPath } from './read-foreign.js';

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

/** What profilers call the files that they write into a folder of their own; those of 0x and clinic are refused with the remedy. */
const PROFILE =
  /\.(?:cpuprofile|speedscope\.json|trace\.json(?:\.gz)?|pprof|pb\.gz|folded|collapsed)$|^node_trace\.\d+\.log$|^isolate.*-v8\.log$/;

/** More in one page would take as long to open as to look through. */
const MAX_FILES = 24;

/**
 * The profiles that a tool wrote into a folder or one below it, such as what `node --cpu-prof-dir` fills, a file of each process: of
 * many files the last by name, which are the newest. Those that take longest come first. Null where there is none.
 *
 * @throws UserError when none of them can be read
 */
export function profilesWithin(folder: string): readonly ForeignProfile[] | null {
  const below = entriesOf(folder).flatMap((name) => [name, ...entriesOf(path.join(folder, name)).map((inner) => path.join(name, inner))]);
  const files = below.filter((name) => PROFILE.test(path.basename(name)));
  if (files.length === 0) return null;
  const notes: string[] = [];
  if (files.length > MAX_FILES)
    notes.push(`The last ${MAX_FILES} of ${files.length} files in the folder, by name; the others are left out.`);
  const refusals: UserError[] = [];
  const read = files.slice(-MAX_FILES).flatMap((name) => {
    try {
      return named(name, profilesOf(readForeignPath(name, path.join(folder, name))));
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      refusals.push(thrown);
      return [];
    }
  });
  const [first, ...others] = read.sort((a, b) => b.tree.totalNanos - a.tree.totalNanos);
  const [refusal] = refusals;
  if (first === undefined) {
    if (refusal !== undefined) throw refusal;
    return null;
  }
  return [{ ...first, notes: [...first.notes, ...notes, ...refusals.map(({ message }) => `Left out: ${message}`)] }, ...others];
}

/** By the file, which tells processes apart. */
const named = (file: string, profiles: readonly ForeignProfile[]): readonly ForeignProfile[] =>
  profiles.map((profile) => ({ ...profile, name: profiles.length === 1 ? file : `${profile.name} of ${file}` }));

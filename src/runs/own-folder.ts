import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError, messageOf } from '../model/errors.js';
import { makeFolder } from '../record/make-folder.js';

/** What to do with a folder that holds something already. */
export type ExistingFolder = 'refuse' | 'overwrite';

/** What tells a run's folder from others: one of these is in it, and nothing that no run writes. */
const MARKS = ['recordings', 'sweep.json', 'claims.json', 'reproduction.json'];

/** What `compare` leaves where both sides were recorded before. */
const COMPARISON = new Set(['report.html', 'report.md']);

/** What runs, exports and reports leave in their folder. */
const KNOWN =
  /^(?:recordings|python|stacks|js|report\.(?:html|md|json)|export[-.].*|spans.*\.jsonl|sweep\.json|claims\.json|reproduction\.(?:md|json)|against-tfjs\.(?:md|json)|tfjs|tfjs-model|tensorflow\.log|(?:unseen-copies|outside-operations)\.jsonl|.*\.part)$/;

/**
 * Makes a folder that belongs to one run alone: two runs in one folder would add up, and a report would be of another
 * recording than the one beside it.
 *
 * @throws UserError when something is in it: `overwrite` replaces a run's folder whole, and nothing else.
 */
export function claimFolder(folder: string, existing: ExistingFolder): void {
  checkFolder(folder, existing);
  const entries = entriesOf(folder);
  try {
    for (const name of entries) rmSync(path.join(folder, name), { recursive: true });
    makeFolder(folder);
  } catch (thrown) {
    throw new UserError(`Cannot make the run folder ${folder} (${messageOf(thrown)}): choose another with --out.`, EXIT.io, {
      cause: thrown,
    });
  }
}

/** What {@link claimFolder} would refuse, before minutes of measuring. @throws UserError */
export function checkFolder(folder: string, existing: ExistingFolder): void {
  const entries = entriesOf(folder);
  if (entries.length > 0) {
    if (existing === 'refuse')
      throw new UserError(
        `${folder} is not empty, and a folder belongs to one run: choose another with --out${isRun(folder) ? ', or replace that run with --overwrite' : ''}.`,
        EXIT.usage,
      );
    const foreign = isRun(folder) ? entries.find((name) => !isOurs(folder, name)) : entries[0];
    if (foreign !== undefined)
      throw new UserError(
        `${folder} holds ${foreign}, which no run wrote, so --overwrite leaves it alone: choose another folder with --out.`,
        EXIT.usage,
      );
  }
}

/**
 * A place for the two files of a comparison, whose folder holds no recordings of its own: those of an earlier comparison are replaced with
 * `overwrite`, and a run's own reports never.
 *
 * @throws UserError
 */
export function claimReportFolder(folder: string, existing: ExistingFolder): void {
  const entries = entriesOf(folder);
  if (isRun(folder))
    throw new UserError(`${folder} holds a run, whose own reports would be lost: choose another folder with --out.`, EXIT.usage);
  const foreign = entries.find((name) => !COMPARISON.has(name));
  if (foreign !== undefined)
    throw new UserError(`${folder} holds ${foreign}, which no comparison wrote: choose another folder with --out.`, EXIT.usage);
  if (entries.length > 0 && existing === 'refuse')
    throw new UserError(`${folder} holds a comparison: choose another folder with --out, or replace it with --overwrite.`, EXIT.usage);
}

/** Takes away a folder that nothing was written to. */
export function dropEmptyRun(folder: string): void {
  if (isRun(folder) && entriesOf(folder).every((name) => isEmptyFolder(path.join(folder, name)))) rmSync(folder, { recursive: true });
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return [];
    throw new UserError(`Cannot make the run folder ${folder} (${messageOf(thrown)}): choose another with --out.`, EXIT.io, {
      cause: thrown,
    });
  }
}

const isEmptyFolder = (folder: string): boolean => lstatSync(folder).isDirectory() && entriesOf(folder).length === 0;

const isRun = (folder: string): boolean => MARKS.some((name) => existsSync(path.join(folder, name)));

function isOurs(folder: string, name: string): boolean {
  const entry = path.join(folder, name);
  return KNOWN.test(name) || (lstatSync(entry).isDirectory() && isRun(entry));
}

import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import type { SpanBatch } from './batches.js';
import type { BatchOutcome } from './retry.js';

/**
 * What of a recording has been answered by a server, kept next to the recording.
 *
 * The recording itself is the spool: spans and their ids can be made again from it at any time. So what has to survive
 * an interruption, also one of this process, is only which rows are settled. One JSON line a batch, appended after the
 * answer: a lost line means one batch is sent twice under the same ids, never that one is missing.
 */
export interface ExportJournal {
  /** What was answered for this batch in an earlier run, undefined when it still has to be sent. */
  settled(batch: SpanBatch): SettledBatch | undefined;
  settle(batch: SpanBatch, outcome: BatchOutcome): Promise<void>;
}

export interface SettledBatch {
  readonly firstRow: number;
  readonly lastRow: number;
  readonly accepted: number;
  readonly lost: number;
}

/** A journal that forgets: for recordings that exist in memory only. */
export const NO_JOURNAL: ExportJournal = { settled: () => undefined, settle: () => Promise.resolve() };

/**
 * Opens a journal file. `identity` says what is sent where and how it is cut; lines of another identity do not count,
 * and without `resume` none do. @throws UserError when the file cannot be written.
 */
export async function openJournal(path: string, identity: string, mode: 'resume' | 'fresh'): Promise<ExportJournal> {
  const earlier = mode === 'resume' ? await readSettled(path, identity) : null;
  const byRow = new Map(earlier?.map((batch) => [batch.firstRow, batch]));
  if (earlier === null) await attempt(path, () => begin(path, identity));
  return {
    settled({ firstRow, lastRow }) {
      const batch = byRow.get(firstRow);
      // What was refused is sent again, whole: whoever resumes has mended the server, and spans keep their ids.
      return batch?.lastRow === lastRow && batch.lost === 0 ? batch : undefined;
    },
    async settle({ firstRow, lastRow }, { accepted, lost }) {
      const line: SettledBatch = { firstRow, lastRow, accepted, lost };
      await attempt(path, () => appendFile(path, `${JSON.stringify(line)}\n`));
    },
  };
}

/** Beside its place first: a journal that was there is the old one or the new one, never half of either. */
async function begin(path: string, identity: string): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, `${identityLine(identity)}\n`);
  await rename(part, path);
}

const identityLine = (identity: string): string => JSON.stringify({ inferscopeExport: 1, identity });

/** Settled batches of a journal with the same identity, null when there is no such journal. */
async function readSettled(path: string, identity: string): Promise<SettledBatch[] | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [head, ...lines] = text.split('\n');
  if (head !== identityLine(identity)) return null;
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as SettledBatch];
    } catch {
      // The last line may be half written: that batch is sent again.
      return [];
    }
  });
}

async function attempt(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    throw new UserError(`Cannot write the export's journal ${path}: ${messageOf(thrown)}.`, EXIT.io, { cause: thrown });
  }
}

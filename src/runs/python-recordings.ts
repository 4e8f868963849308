import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { readProgramRecords } from '../engines/keras/program-recording.js';
import { RecordingWriter } from '../record/writer.js';

/**
 * Makes recordings of what Python processes of a program wrote to `RUN/python/`, one per process, beside the others of
 * the run. Does so again where a process has written more since; what a process wrote to its end is removed after.
 *
 * @throws UserError when a recording cannot be written.
 */
export function convertPythonRecords(run: string): void {
  const folder = path.join(run, 'python');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.jsonl')) : [];
  for (const name of names) {
    const from = path.join(folder, name);
    const to = path.join(run, 'recordings', `python-${path.basename(name, '.jsonl')}.isr`);
    if (existsSync(to) && statSync(to).mtimeMs > statSync(from).mtimeMs) continue;
    if (convert(from, to)) rmSync(from);
  }
}

/**
 * True when the process had said that it ended. The recording is put in its place once it is whole: a conversion that was
 * interrupted is made again.
 */
function convert(from: string, to: string): boolean {
  const part = `${to}.${process.pid}.part`;
  try {
    const ended = write(from, part);
    if (existsSync(part)) renameSync(part, to);
    return ended;
  } finally {
    rmSync(part, { force: true });
  }
}

function write(from: string, to: string): boolean {
  let writer: RecordingWriter | undefined;
  try {
    for (const batch of readProgramRecords(from)) {
      writer ??= new RecordingWriter(to, batch.meta);
      writer.append(batch, batch.strings, batch.details);
      if (!batch.complete) continue;
      writer.end();
      return true;
    }
    return false;
  } finally {
    writer?.abandon();
  }
}

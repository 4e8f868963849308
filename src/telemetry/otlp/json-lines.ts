import { EXIT, UserError, messageOf } from '../../model/errors.js';
import { traceBatches } from './batches.js';
import { tracesDataFromSpans } from '../../formats/otlp/write-json.js';
import type { RecordingSpans } from '../spans/spans-from-recording.js';
import { SplitFile } from './split-file.js';

/** Jaeger's upload refuses more than 50 MB; a little is left for its own framing. */
export const MAX_FILE_BYTES = 48_000_000;

/** Spans of one line; a longer trace goes on in the next line. */
const MAX_LINE_SPANS = 4096;

export interface JsonLinesResult {
  readonly files: readonly string[];
  readonly spans: number;
  readonly bytes: number;
}

/**
 * Writes a recording's spans as OTLP/JSON lines, one `TracesData` object a line, one trace a line.
 *
 * `basePath` is the path without its ending: `run/spans` gives `run/spans.otlp.jsonl`, then `run/spans-2.otlp.jsonl`
 * and so on once a file would pass `maxFileBytes`. @throws UserError when a file cannot be written.
 */
export async function writeOtlpJsonLines(
  spans: RecordingSpans,
  basePath: string,
  maxFileBytes: number = MAX_FILE_BYTES,
): Promise<JsonLinesResult> {
  const output = new SplitFile(basePath, '.otlp.jsonl', maxFileBytes);
  let count = 0;
  try {
    for (const batch of traceBatches(spans.rows(), MAX_LINE_SPANS)) {
      await output.writeLine(JSON.stringify(tracesDataFromSpans(batch.spans)));
      count += batch.spans.length;
    }
    await output.close();
    return { files: output.files, spans: count, bytes: output.totalBytes };
  } catch (thrown) {
    throw new UserError(`Cannot write ${basePath}.otlp.jsonl: ${messageOf(thrown)}. Choose another --out.`, EXIT.io, {
      cause: thrown,
    });
  }
}

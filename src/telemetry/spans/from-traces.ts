import type { TracesData } from '../../model/otlp.js';
import type { Recording } from '../../model/recording.js';
import { RecordingBuilder } from './recording-builder.js';
import { callTrees } from './span-tree.js';

/** Our own inference calls among spans, as a recording; null when there is none. */
export function recordingFromTraces(traces: TracesData): Recording | null {
  const builder = new RecordingBuilder();
  for (const call of callTrees(traces).calls) builder.addCall(call);
  return builder.finish();
}

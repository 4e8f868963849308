/**
 * The stages of an inference call, in the order in which reports tell them.
 *
 * Each nanosecond of a call belongs to exactly one of them: the ledger adds up to the wall time. Adapter, graph and kernels
 * are what the tool exists to show; the others are what is left, so that the sum closes.
 */
export const STAGES = [
  'data-adapter',
  'queue',
  'graph-building',
  'kernel-execution',
  'fetch',
  'glue',
  'gc',
  'tool',
  'unexplained',
] as const;

export type Stage = (typeof STAGES)[number];

/** What each stage means, in words for reports and `--help`. */
export const STAGE_MEANINGS: Readonly<Record<Stage, string>> = {
  'data-adapter': 'checking, slicing and uploading the input',
  queue: 'waiting for the native library to begin: the event loop was busy, or another run was under way',
  'graph-building': 'sorting, compiling, tracing or optimising the graph',
  'kernel-execution': 'native kernels or the session run',
  fetch: 'reading results back to JavaScript',
  glue: 'JavaScript (or Python) between the kernels: dispatch, shapes, bookkeeping',
  gc: 'garbage collection pauses',
  tool: "Inferscope's own cost",
  unexplained: 'waiting, or time no seam covers',
};

/** Stages by the number stored in a recording. A new stage comes at the end, so that old recordings read back. */
const STORED: readonly Stage[] = [
  'data-adapter',
  'graph-building',
  'kernel-execution',
  'fetch',
  'glue',
  'gc',
  'tool',
  'unexplained',
  'queue',
];

/** The number stored in a recording for a stage. */
export const stageCode = (stage: Stage): number => STORED.indexOf(stage);

/** The stage behind a stored number. @throws RangeError for a number no stage has. */
export function stageFromCode(code: number): Stage {
  const stage = STORED[code];
  if (stage === undefined) throw new RangeError(`no stage has the code ${code}`);
  return stage;
}

/** Variables that change what TensorFlow or Inferscope do, whatever runs the model. */
const RELEVANT = /^(TF_|OMP_|KMP_|MKL_|DNNL_|ONEDNN_|XLA_|INFERSCOPE_|CUDA_VISIBLE_DEVICES$|LD_PRELOAD$)/;

/** The variables that matter to a run, by name; `also` are those of the runtime. */
export function relevantVariables(env: Readonly<Record<string, string | undefined>>, also: RegExp): Record<string, string> {
  const set = Object.entries(env).filter((entry): entry is [string, string] => (RELEVANT.test(entry[0]) || also.test(entry[0])) && entry[1] !== undefined);
  return Object.fromEntries(set.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Threads that TensorFlow was told to use; null where it chooses: unset, empty or 0. */
export const tensorflowThreads = (env: Readonly<Record<string, string | undefined>>): { readonly intraOp: number | null; readonly interOp: number | null } => ({
  intraOp: threads(env['TF_NUM_INTRAOP_THREADS']),
  interOp: threads(env['TF_NUM_INTEROP_THREADS']),
});

function threads(value: string | undefined): number | null {
  const count = Number(value ?? '');
  return Number.isInteger(count) && count > 0 ? count : null;
}

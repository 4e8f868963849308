/** What a session can be given; absent means TensorFlow's own choice. */
export interface SessionConfig {
  /**
   * Threads within an operation. Only used with a pool of the session's own: the shared pool's size is fixed by
   * whoever created it first (tfjs-node's eager context, from TF_NUM_INTRAOP_THREADS).
   */
  readonly intraOpThreads?: number;
  /** Threads between operations; `caller` runs the graph on the calling thread. */
  readonly interOpThreads?: number | 'caller';
  /** Compile clusters of operations with XLA. */
  readonly xla?: boolean;
}

const CALLER_THREAD = -1;
/** OptimizerOptions.GlobalJitLevel ON_2. */
const JIT_ON = 2;

/**
 * A serialized ConfigProto (tensorflow/core/protobuf/config.proto): intra_op_parallelism_threads = 2,
 * inter_op_parallelism_threads = 5, use_per_session_threads = 9, graph_options = 10 { optimizer_options = 3 {
 * global_jit_level = 5, cpu_global_jit = 7 } }. On a CPU `global_jit_level` does nothing without `cpu_global_jit`.
 */
export function encodeSessionConfig(config: SessionConfig): Uint8Array {
  const { intraOpThreads, interOpThreads, xla } = config;
  // With a pool of the session's own TensorFlow takes no notice of the negative number.
  const ownThreads = interOpThreads !== 'caller' && (intraOpThreads !== undefined || interOpThreads !== undefined);
  return Uint8Array.from([
    ...(intraOpThreads === undefined ? [] : [0x10, ...varint(intraOpThreads)]),
    ...(interOpThreads === undefined ? [] : [0x28, ...varint(interOpThreads === 'caller' ? CALLER_THREAD : interOpThreads)]),
    ...(ownThreads ? [0x48, 1] : []),
    ...(xla === true ? [0x52, 6, 0x1a, 4, 0x28, JIT_ON, 0x38, 1] : []),
  ]);
}

/** A whole number as a varint; negative ones as 64 bits, ten bytes. */
function varint(value: number): number[] {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${value}`);
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
}

/**
 * OpenTelemetry attribute and metric names: the only place that spells them.
 *
 * Stable conventions are used where they fit; everything else sits under `inference.`, written so that it can be
 * proposed as a convention for non-generative model inference. Each comment says the type, the spans that carry it (`call`:
 * the root of a call, `kernel`: kernels and dispatches, `span`: all of ours) and the meaning: the README's tables are made
 * of them by `node scripts/attributes-table.mjs`, and checked against them.
 */
export const ATTRIBUTE = {
  /** string, call: What ran the model: `layers-model`, `graph-model`, `saved-model`, `keras`, `onnxruntime` */
  runtime: 'inference.runtime',
  /**
   * string, call: State of the model: `uncompiled`, `compiled`, `compiled-train`, `graph`, `graph-xla`, …; of ONNX Runtime
   * `disabled` to `all`, `pipeline`, `model`, `session`
   */
  variant: 'inference.variant',
  /**
   * string, call: Method that was called: `predict`, `predictOnBatch`, `apply`, `execute`, `executeAsync`, `run`, `create`, …;
   * a pipeline's task; `forward` or `generate` of a model of transformers.js
   */
  callStyle: 'inference.call',
  /**
   * string, span: What the span's own time, without its children's, is: `data-adapter`, `queue`, `graph-building`,
   * `kernel-execution`, `fetch`, `glue`, `unexplained`
   */
  stage: 'inference.stage',
  /**
   * string, call: `cold-session` (first call of a model), `cold-signature` (a later one that built a graph or compiled for its
   * shapes) or `warm`
   */
  temperature: 'inference.temperature',
  /** string, call: Dtypes and shapes that were fed: `float32[32,4]` */
  signature: 'inference.input.signature',
  /** int, call: Length of the first dimension */
  batch: 'inference.input.batch_size',
  /** string, call: The model's own name, or that of its file */
  modelName: 'inference.model.name',
  /** string, call: SHA-256 of topology and weights, hex */
  modelHash: 'inference.model.sha256',
  /** int, call: Number of weights */
  modelParameters: 'inference.model.parameters',
  /** int, call: Number of layers or graph nodes */
  modelNodes: 'inference.model.nodes',
  /** int, call: Round of an interleaved comparison; negative while warming up */
  round: 'inference.call.round',
  /** boolean, call: The call returned a promise: its own time may be waiting */
  async: 'inference.call.async',
  /** boolean, call: Its session run was traced from inside: kernel times count, the latency does not */
  traced: 'inference.call.traced',
  /** int, call: Latency in ns, which the span's duration repeats unless it was clipped */
  latency: 'inference.call.latency_nanos',
  /** int, call: Tensors more (or less) alive after the call than before */
  tensorsHeld: 'inference.call.tensors_held',
  /** int, call: Bytes of those tensors */
  bytesHeld: 'inference.call.bytes_held',
  /** int, call: Calls since the last recorded one that were not recorded, because the tracer provider did not keep up */
  callsSkipped: 'inference.call.skipped_before',
  /** string, span: `call`, `stage`, `layer`, `dispatch` (a tfjs kernel), `kernel` (a native operation), `transfer`, `pass` */
  spanKind: 'inference.span.kind',
  /** string, span: Full name where the span's has fewer values: the layer of a span named `layer` */
  spanName: 'inference.span.name',
  /** int, span: Nanoseconds cut off because another clock put it outside of its parent */
  spanClipped: 'inference.span.clipped_nanos',
  /** int, call: What recording one span adds to that span, in ns, measured on this machine */
  toolInside: 'inference.tool.inside_nanos',
  /** int, call: What recording one span adds to its parent, in ns */
  toolOutside: 'inference.tool.outside_nanos',
  /** int, call: Smallest step of the clock in ns */
  clockResolution: 'inference.tool.clock_resolution_nanos',
  /** string, kernel: Operation or kernel: `MatMul`, `_FusedMatMul` */
  op: 'inference.kernel.op',
  /** string, kernel: Name of the graph's node */
  node: 'inference.kernel.node',
  /** string, kernel: Layer that it came from */
  layer: 'inference.kernel.layer',
  /** string[], kernel: Operations that were fused into it */
  fused: 'inference.kernel.fused',
  /** string[], kernel: Shapes of the inputs: `[32,4]` */
  inputShapes: 'inference.kernel.input.shapes',
  /** string[], kernel: Shapes of the outputs */
  outputShapes: 'inference.kernel.output.shapes',
  /** string[], kernel: Dtypes of the inputs: `float32` */
  inputDtypes: 'inference.kernel.input.dtypes',
  /** string[], kernel: Dtypes of the outputs */
  outputDtypes: 'inference.kernel.output.dtypes',
  /** int, kernel: Bytes of the outputs */
  outputBytes: 'inference.kernel.output.bytes',
  /** int, kernel: Executions (loop iterations) that the span stands for, when more than one */
  repeat: 'inference.kernel.repeat',
  /** int, kernel: Floating-point operations, estimated from the shapes */
  flops: 'inference.kernel.flops',
  /** int, kernel: Bytes read and written, estimated from the shapes */
  bytesMoved: 'inference.kernel.bytes_moved',
  /** int, kernel: Bytes taken from the allocator while it ran */
  allocatedBytes: 'inference.kernel.allocated_bytes',
  /** int, call or `short-kernels`: Spans that this one stands for; on a call: spans that the budget left out */
  aggregateCount: 'inference.aggregate.count',
  /** int, call or `short-kernels`: Own time of those spans together, in ns */
  aggregateNanos: 'inference.aggregate.nanos',
  /** string[], `short-kernels`: The most frequent of them: `MatMul×12` */
  aggregateOps: 'inference.aggregate.ops',
  /**
   * string, stage: Why a graph was built: `first-trace`, `new-shape`, `new-dtype`, `new-value`, `cache-evicted`, `new-fetches`,
   * `new-session`
   */
  cause: 'inference.graph_building.cause',
  /** string, event `gc`: `scavenge`, `mark-sweep-compact`, `incremental`, `weak-callbacks` */
  gcType: 'inference.gc.type',
  /** int, event `gc`: Length of the pause in ns */
  gcNanos: 'inference.gc.duration_nanos',
  /**
   * string, event `leak`: Of what tensors stay: `call` (made by a call, or between calls) or `model-load` (of one model that is
   * loaded again and again)
   */
  leakOrigin: 'inference.leak.origin',
  /** double, event `leak`: Tensors that stay with each call (each load) */
  leakTensors: 'inference.leak.tensors_each',
  /** int, event `leak`: Tensors of it that are alive, since it was suspected */
  leakAlive: 'inference.leak.tensors_alive',
  /** string, event `leak`: File of the program that makes most of them (OpenTelemetry's own name) */
  codeFile: 'code.file.path',
  /** int, event `leak`: The line (OpenTelemetry's own name) */
  codeLine: 'code.line.number',
  /** string, call: Backend: `tensorflow`, `cpu`, `wasm` */
  backend: 'inference.backend.name',
  /** string, call: Version of the native TensorFlow */
  tensorflow: 'inference.backend.version',
  /** string[], call: Packages that take part: `@tensorflow/tfjs-core@4.22.0` */
  packages: 'inference.environment.packages',
  /** string[], call: Variables and flags that change what runs: `TF_NUM_INTRAOP_THREADS=2` */
  flags: 'inference.environment.flags',
  /** int, call: Threads inside an operation, where set */
  intraOpThreads: 'inference.environment.intra_op_threads',
  /** int, call: Threads between operations, where set */
  interOpThreads: 'inference.environment.inter_op_threads',
  /** string, call: Processor (OpenTelemetry's own name) */
  cpu: 'host.cpu.model.name',
  /** string, call: Architecture (OpenTelemetry's own name) */
  arch: 'host.arch',
  /** string, call: Operating system (OpenTelemetry's own name) */
  platform: 'os.type',
  /** int, call: Processors that the process may use */
  cpuCount: 'inference.environment.cpu_count',
  /** int, call: Memory of the machine */
  memoryBytes: 'inference.environment.memory_bytes',
  /** string, call: Version of V8 */
  v8: 'inference.environment.v8_version',
  /** string, call: The span's own id, while V8 is sampled: by it Grafana finds the profile of the span (Pyroscope's own name) */
  profileId: 'pyroscope.profile.id',
  /** string, call: `_OTHER` for a call that threw (OpenTelemetry's own name) */
  errorType: 'error.type',
  /** string, metric: `user` or `system` (OpenTelemetry's own name) */
  cpuMode: 'cpu.mode',
  /** string, metric: `javascript` (the thread that makes the calls), `native` (the engine's own) or `other` */
  threadGroup: 'inference.thread.group',
  /** string, metric: `new_space`, `old_space`, … (OpenTelemetry's own name) */
  heapSpace: 'v8js.heap.space.name',
} as const;

/** Names of the metrics, in the same prefix and place. The comments say instrument, unit, attributes and meaning. */
export const METRIC = {
  /** histogram, s, runtime variant call temperature error.type: Recorded calls */
  callDuration: 'inference.call.duration',
  /** histogram, s, runtime variant stage: Own time of each stage of a recorded call */
  stageDuration: 'inference.stage.duration',
  /**
   * histogram, s, runtime variant call: Longest stretch in which a recorded call held the event loop, so that the process
   * answered nothing else
   */
  loopBlock: 'inference.event_loop.block.duration',
  /** counter, s, runtime variant call: Time in which recorded calls held the event loop; its rate is the share of the time */
  loopHeld: 'inference.event_loop.held',
  /** counter, {graph}, runtime variant cause: Graphs built again for a model that had one */
  retraces: 'inference.graph.retraces',
  /** counter, {call}, runtime call: Calls not recorded because the tracer provider did not keep up */
  skippedCalls: 'inference.call.skipped',
  /** gauge, {tensor}, none: Tensors that are alive */
  tensors: 'inference.tensors.held',
  /** gauge, By, none: Their bytes */
  tensorBytes: 'inference.tensors.bytes',
  /**
   * gauge, {tensor}, leak.origin model.name code.file.path code.line.number: Tensors that stay with each call, or with each
   * load of one model, while they surely go on growing
   */
  tensorsKept: 'inference.tensors.kept',
  /** counter, s, cpu.mode thread.group: Processor time of the process; by thread group (`javascript`, `native`, `other`) on Linux */
  cpuTime: 'process.cpu.time',
  /** counter, s, none: Time in which a container's limit held the process back; only where there is a limit */
  cpuThrottled: 'inference.cpu.throttled',
  /** updowncounter, By, none: Resident memory of the process */
  memoryUsage: 'process.memory.usage',
  /** updowncounter, By, v8js.heap.space.name: What is in use of each space of V8's heap */
  heapUsed: 'v8js.memory.heap.used',
} as const;

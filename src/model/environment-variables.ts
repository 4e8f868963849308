/**
 * Environment variables that change what runs, by exact name: what is not listed here is never read into a recording.
 *
 * A value is recorded only where it is made of numbers and known words, everything else is `set`: variables hold paths,
 * addresses and, by mistake, secrets. Variables that only change what is logged, and our own, are not listed.
 */
const VARIABLES: readonly string[] = [
  ...[
    'TF_NUM_INTRAOP_THREADS',
    'TF_NUM_INTEROP_THREADS',
    'TF_OVERRIDE_GLOBAL_THREADPOOL',
    'TF_CONFIG',
    'TF_USE_LEGACY_KERAS',
    'TF_DETERMINISTIC_OPS',
  ],
  ...[
    'TF_ENABLE_ONEDNN_OPTS',
    'TF_DISABLE_MKL',
    'TF_MKL_ALLOC_MAX_BYTES',
    'TF_SET_ONEDNN_FPMATH_MODE',
    'TF_ONEDNN_ASSUME_FROZEN_WEIGHTS',
    'TF_ONEDNN_USE_SYSTEM_ALLOCATOR',
    'TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD',
  ],
  ...[
    'TF_ENABLE_AUTO_MIXED_PRECISION',
    'TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_LEVEL',
    'TF_GPU_ALLOCATOR',
    'TF_GPU_THREAD_MODE',
    'TF_GPU_THREAD_COUNT',
    'TF_FORCE_GPU_ALLOW_GROWTH',
    'TF_CUDNN_USE_AUTOTUNE',
    'TF_CUDNN_DETERMINISTIC',
  ],
  ...[
    'OMP_NUM_THREADS',
    'OMP_THREAD_LIMIT',
    'OMP_DYNAMIC',
    'OMP_PROC_BIND',
    'OMP_PLACES',
    'OMP_SCHEDULE',
    'OMP_WAIT_POLICY',
    'OMP_MAX_ACTIVE_LEVELS',
    'GOMP_CPU_AFFINITY',
    'GOMP_SPINCOUNT',
  ],
  ...['KMP_AFFINITY', 'KMP_BLOCKTIME', 'KMP_HW_SUBSET', 'KMP_LIBRARY', 'KMP_DUPLICATE_LIB_OK'],
  ...[
    'MKL_NUM_THREADS',
    'MKL_DOMAIN_NUM_THREADS',
    'MKL_DYNAMIC',
    'MKL_ENABLE_INSTRUCTIONS',
    'MKL_CBWR',
    'MKL_THREADING_LAYER',
    'MKL_DEBUG_CPU_TYPE',
    'OPENBLAS_NUM_THREADS',
    'OPENBLAS_CORETYPE',
  ],
  ...['DNNL', 'ONEDNN'].flatMap((name) =>
    ['MAX_CPU_ISA', 'CPU_ISA_HINTS', 'PRIMITIVE_CACHE_CAPACITY', 'DEFAULT_FPMATH_MODE', 'VERBOSE'].map((setting) => `${name}_${setting}`),
  ),
  ...[
    'CUDA_VISIBLE_DEVICES',
    'CUDA_DEVICE_ORDER',
    'CUDA_LAUNCH_BLOCKING',
    'NVIDIA_TF32_OVERRIDE',
    'HIP_VISIBLE_DEVICES',
    'ROCR_VISIBLE_DEVICES',
  ],
  ...['KERAS_BACKEND', 'KERAS_HOME', 'JAX_PLATFORMS', 'JAX_ENABLE_X64', 'JAX_DISABLE_JIT', 'JAX_DEFAULT_MATMUL_PRECISION'],
  ...['PYTHONHASHSEED', 'PYTHONOPTIMIZE', 'PYTHONMALLOC', 'MALLOC_ARENA_MAX', 'LD_PRELOAD', 'UV_THREADPOOL_SIZE'],
];

/** Variables that hold command-line flags: each is judged by itself, and those that are not listed are told as `--other` together. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  NODE_OPTIONS: [
    ...[
      '--max-old-space-size',
      '--max-semi-space-size',
      '--stack-size',
      '--expose-gc',
      '--expose_gc',
      '--jitless',
      '--no-opt',
      '--single-threaded',
      '--predictable',
      '--v8-pool-size',
      '--zero-fill-buffers',
    ],
    ...[
      '--cpu-prof',
      '--heap-prof',
      '--prof',
      '--inspect',
      '--inspect-brk',
      '--import',
      '--require',
      '-r',
      '--loader',
      '--experimental-loader',
      '--enable-source-maps',
      '--trace-warnings',
      '--no-warnings',
      '--no-deprecation',
    ],
  ],
  TF_XLA_FLAGS: [
    '--tf_xla_auto_jit',
    '--tf_xla_min_cluster_size',
    '--tf_xla_max_cluster_size',
    '--tf_xla_cpu_global_jit',
    '--tf_xla_enable_lazy_compilation',
    '--tf_xla_enable_xla_devices',
    '--tf_xla_ops_to_cluster',
    '--tf_xla_persistent_cache_directory',
  ],
  XLA_FLAGS: [
    '--xla_cpu_multi_thread_eigen',
    '--xla_force_host_platform_device_count',
    '--xla_cpu_enable_fast_math',
    '--xla_cpu_use_thunk_runtime',
    '--xla_gpu_autotune_level',
    '--xla_gpu_enable_triton_gemm',
    '--xla_gpu_cuda_data_dir',
    '--xla_dump_to',
  ],
};

/** Words that say nothing but a setting; anything else than these and numbers is not recorded. */
const WORDS = new Set(
  (
    'set true false on off yes no none default auto any all strict relaxed sequential parallel single close spread master primary cores threads sockets active passive ' +
    'static dynamic guided compact scatter balanced disabled explicit granularity fine core thread tile verbose noverbose warnings nowarnings respect norespect ' +
    'serial turnaround throughput blas fft pardiso vml branch compatible intel gnu tbb sse2 sse41 sse42 avx avx2 avx2_vnni avx512 avx512_core avx512_core_vnni avx512_core_bf16 ' +
    'avx512_core_fp16 avx512_core_amx bf16 f16 f32 tf32 tensorflow jax torch numpy openvino cpu gpu tpu cuda rocm cuda_malloc_async bfc gpu_private gpu_shared pci_bus_id fastest_first fusible ' +
    'malloc pymalloc debug haswell zen skylakex sapphirerapids float32 bfloat16 tensorfloat32 high highest fastest'
  ).split(' '),
);
const NUMBER = /^-?\d{1,12}(?:\.\d{1,6})?$/;

/** What takes the place of a value that may say more than a setting does. */
const SET = 'set';

const plainValue = (value: string): string => {
  const parts = value
    .trim()
    .split(/[\s,;:={}|]+/)
    .filter((part) => part !== '');
  return parts.every((part) => NUMBER.test(part) || WORDS.has(part.toLowerCase())) ? value.trim() : SET;
};

/** Our own registration, which `inferscope run` puts there. */
const isOurs = (value: string): boolean => /(?:^|[\\/])(?:telemetry[\\/]live|cjs)[\\/]register\.c?js$|^inferscope\//.test(value);

const OTHER = '--other';

function plainFlags(value: string, known: readonly string[]): string | null {
  const tokens = (value.match(/(?:"(?:[^"\\]|\\.)*"?|\S)+/g) ?? []).map((token) => token.replaceAll('"', ''));
  const shown: string[] = [];
  tokens.forEach((token, index) => {
    const [name = '', ...rest] = token.split('=');
    const given = rest.join('=');
    // `--import file` in two words: the second is the first one's value, and no flag of its own.
    const apart = rest.length === 0 && !(tokens[index + 1] ?? '-').startsWith('-') ? (tokens[index + 1] ?? '') : given;
    if (!name.startsWith('-') || isOurs(apart)) return;
    if (known.includes(name)) shown.push(rest.length === 0 && apart === '' ? name : `${name}=${quoted(plainValue(apart))}`);
    else if (!shown.includes(OTHER)) shown.push(OTHER);
  });
  return shown.length === 0 ? null : shown.join(' ');
}

/** A value of several words stays one. */
const quoted = (value: string): string => (/\s/.test(value) ? `"${value}"` : value);

/** What is recorded of one variable; null where it is not to be recorded at all. */
function recorded(name: string, value: string): string | null {
  const flags = FLAGS[name];
  if (flags !== undefined) return plainFlags(value, flags);
  return VARIABLES.includes(name) ? plainValue(value) : null;
}

/** The variables of a process that change what runs, by name. */
export function relevantVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.keys(env)
    .sort()
    .flatMap((name): [string, string][] => {
      const value = env[name];
      const shown = value === undefined || value.trim() === '' ? null : recorded(name, value);
      return shown === null ? [] : [[name, shown]];
    });
  return Object.fromEntries(kept);
}

/** What a runtime says of itself, beside variables: `tfjs:DEBUG`. */
const OF_RUNTIME = /^(?:tfjs|keras|onnxruntime):/;

/** The flags of a recording as they would be recorded now: earlier versions took every `TF_*` with its value, and our own variables. */
export const cleanFlags = (flags: Readonly<Record<string, string>>): Record<string, string> => ({
  ...relevantVariables(flags),
  ...Object.fromEntries(Object.entries(flags).filter(([name]) => OF_RUNTIME.test(name))),
});

/** Threads that TensorFlow was told to use; null where it chooses: unset, empty or 0. */
export const tensorflowThreads = (
  env: Readonly<Record<string, string | undefined>>,
): { readonly intraOp: number | null; readonly interOp: number | null } => ({
  intraOp: threads(env['TF_NUM_INTRAOP_THREADS']),
  interOp: threads(env['TF_NUM_INTEROP_THREADS']),
});

function threads(value: string | undefined): number | null {
  const count = Number(value ?? '');
  return Number.isInteger(count) && count > 0 ? count : null;
}

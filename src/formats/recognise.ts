import { EXIT, UserError } from '../model/errors.js';
import { FOREIGN_FORMATS } from '../model/foreign.js';
import { refusalOfProgram } from '../model/program-file.js';
import { asRecord } from './checks.js';

interface Known {
  readonly what: string;
  readonly remedy: string;
}

const GIVE_A_PROFILE = 'give the profile or trace itself';
const WRITE_OTLP =
  'send the spans to an OpenTelemetry collector and give what its file exporter writes, or run a program of Node under `inferscope run`';

const FOLD_PERF = 'fold it with `perf script | stackcollapse-perf.pl` and give the result';
const WRITE_CPU_PROFILE = 'record with `node --cpu-prof` and give the .cpuprofile';
const PY_SPY = 'sample the program with `py-spy record -f speedscope`';

/** What else files are, by how they begin, and what to do with them. */
const BY_HEAD: readonly (Known & { readonly starts: RegExp })[] = [
  { starts: /^PK\x03\x04/, what: 'a zip archive', remedy: 'unpack it and give the file in it' },
  { starts: /^BZh[1-9]/, what: 'packed with bzip2', remedy: 'unpack it with bunzip2' },
  { starts: /^\xfd7zXZ/, what: 'packed with xz', remedy: 'unpack it with xz -d' },
  { starts: /^7z\xbc\xaf/, what: 'a 7-Zip archive', remedy: 'unpack it and give the file in it' },
  { starts: /^[\s\S]{257}ustar/, what: 'a tar archive', remedy: 'unpack it and give the file in it' },
  { starts: /^\x7fELF/, what: 'a program (ELF)', remedy: 'give what a profiler recorded of it' },
  { starts: /^(?:\xcf\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf])/, what: 'a program (Mach-O)', remedy: 'give what a profiler recorded of it' },
  { starts: /^MZ/, what: 'a Windows program', remedy: 'give what a profiler recorded of it' },
  { starts: /^\x89PNG/, what: 'a PNG picture', remedy: GIVE_A_PROFILE },
  { starts: /^\xff\xd8\xff/, what: 'a JPEG picture', remedy: GIVE_A_PROFILE },
  { starts: /^GIF8/, what: 'a GIF picture', remedy: GIVE_A_PROFILE },
  { starts: /^%PDF/, what: 'a PDF document', remedy: GIVE_A_PROFILE },
  { starts: /^SQLite format 3\0/, what: 'an SQLite database (Nsight Systems and others export one)', remedy: 'export the trace as JSON' },
  {
    starts: /^PERFILE2/,
    what: 'what `perf record` wrote',
    remedy: FOLD_PERF,
  },
  { starts: /^PAR1/, what: 'a Parquet file', remedy: GIVE_A_PROFILE },
  { starts: /^ARROW1/, what: 'an Arrow file', remedy: GIVE_A_PROFILE },
  { starts: /^\x89HDF/, what: 'an HDF5 file, such as a Keras model', remedy: 'profile a model with `inferscope profile MODEL`' },
  { starts: /^Nettrace/, what: 'a trace of .NET', remedy: 'convert it with `dotnet-trace convert --format Speedscope`' },
  { starts: /^SIMPLEPERF/, what: 'what simpleperf records', remedy: 'convert it with its `stackcollapse.py` and give the result' },
  {
    starts: /^(?:SLOW[\x01-\x04]|\*version\n)/,
    what: 'a method trace of Android',
    remedy: 'export it from Perfetto or Android Studio as JSON',
  },
  {
    starts: /^(?:tracy\0|tlZ\x04|tr\xfdP)/,
    what: 'a capture of Tracy',
    remedy: 'open it in Tracy; its `tracy-csvexport` tells the times of each zone',
  },
  { starts: /^(?:\x04"M\x18[^]{0,60})?memray\0/, what: 'what `memray run` writes', remedy: `${PY_SPY}, which shows time` },
  { starts: /^\x04"M\x18/, what: 'packed with LZ4', remedy: 'unpack it with lz4 -d' },
  { starts: /^[{\xfb][)\xa9]\x03/, what: 'statistics of cProfile', remedy: PY_SPY },
  { starts: /^FLR\0/, what: 'a Java Flight Recording', remedy: 'convert it with async-profiler’s `jfr2flame --collapsed`' },
  { starts: /^[^]{4}TFL3/, what: 'a model of TensorFlow Lite', remedy: 'profile the model that it was converted from' },
  { starts: /^\x93NUMPY/, what: 'a NumPy array', remedy: GIVE_A_PROFILE },
  { starts: /^\x80[\x02-\x05]/, what: 'a Python pickle', remedy: 'export the profile as JSON or collapsed stacks' },
  {
    starts: /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)/i,
    what: 'an HTML page',
    remedy: 'give the file that it shows; the page of a login is what a download without rights brings',
  },
  { starts: /^(?:\xef\xbb\xbf)?\s*<\?xml(?![^]*<svg)/i, what: 'an XML document', remedy: 'export the profile as JSON or collapsed stacks' },
  {
    starts: /^\s*<(?:svg|\?xml)/i,
    what: 'an SVG picture, such as a drawn flamegraph',
    remedy: 'give the collapsed stacks that it was drawn from',
  },
  {
    starts: /^(?:\0{8}\x03\0{7}\0{8}|\0{4}\x03\0{3}[\x00\x01]\0{3})|^(?:heap profile: *\d+: |--- \w+z \d+ ---|\w+ profile: total \d+\n)/,
    what: 'a profile of gperftools or of an old Go',
    remedy: 'write it as a protocol buffer with `pprof -proto` and give the result',
  },
  {
    starts: /^(?:# callgrind format|(?:version: \d+\n)?creator: |(?:[^\n]*\n){0,8}events: [A-Z])/,
    what: 'what Callgrind writes',
    remedy: 'open it in KCachegrind, or sample the program with `perf record` and fold the stacks',
  },
  {
    starts: /^(?:#[^\n]*\n|\s)*[^\n;]+? \d+(?:\/\d+)? +(?:\[\d+\] +)?(?:\d+\.\d+: |(?:\d+ )?[\w-]+: *\n\s*[\da-f]+ )/,
    what: 'what `perf script` prints',
    remedy: 'fold it with `stackcollapse-perf.pl` or `inferno-collapse-perf` and give the result',
  },
  {
    starts: /^\s*\{\s*"snapshot"\s*:/,
    what: 'a heap snapshot of V8',
    remedy: 'open it in Chrome’s memory panel; give a .cpuprofile for times',
  },
  {
    starts: /^v8-version,|^Statistical profiling result from /,
    what: 'what `node --prof` writes or its summary',
    remedy: WRITE_CPU_PROFILE,
  },
  { starts: /^# (?:HELP|TYPE) /, what: 'a list of metrics (Prometheus)', remedy: GIVE_A_PROFILE },
  {
    starts: /^\s*\{\s*(?:resource|traceId|parentId|instrumentationScope): /,
    what: 'what the ConsoleSpanExporter of OpenTelemetry prints',
    remedy: WRITE_OTLP,
  },
  { starts: /^# To display the perf\.data header|^# Total Lost Samples/m, what: 'what `perf report` prints', remedy: FOLD_PERF },
  { starts: /^\s*Performance counter stats for /, what: 'what `perf stat` prints', remedy: 'record with `perf record -g`' },
  {
    starts: /^# tracer: /,
    what: 'a trace of the Linux kernel (ftrace)',
    remedy: 'convert it with Perfetto’s `traceconv json` and give the result',
  },
  {
    starts: /^(?:Attaching \d+ probes?\.\.\.\s*)?@\w*\[/,
    what: 'what bpftrace prints',
    remedy: 'fold it with `stackcollapse-bpftrace.pl`',
  },
  {
    starts: /^\s*(?:CPU\s+ID\s+FUNCTION:NAME[^\n]*\n\s*)?[\w.]+`[^\n]+\n\s+[\w.]+`/,
    what: 'what DTrace prints',
    remedy: 'fold it with `stackcollapse.pl` and give the result',
  },
  { starts: /^Analysis of sampling /, what: 'what `sample` of macOS prints', remedy: 'fold it with `stackcollapse-sample.awk`' },
  { starts: /^Weight\tSelf Weight/, what: 'what Instruments copies', remedy: 'fold it with `stackcollapse-instruments.pl`' },
  { starts: /^\s*\d+ function calls(?: \(\d+ primitive calls\))? in /, what: 'what cProfile prints', remedy: PY_SPY },
  { starts: /^Timer unit: /, what: 'what line_profiler prints', remedy: PY_SPY },
  { starts: /^\s*_ +\._ +__\/__ /, what: 'what pyinstrument prints', remedy: 'write it with `pyinstrument -r speedscope`' },
  {
    starts: /^(?:"?[\w. ]+"?,){3,}"?[\w. ]*[a-z_]"?\r?\n/i,
    what: 'a table (CSV)',
    remedy: 'give the trace that it was made of, as JSON or protobuf',
  },
  { starts: /^version https:\/\/git-lfs/, what: 'a pointer of Git LFS', remedy: 'fetch the file with `git lfs pull`' },
];

/** What else JSON is, by the keys of the whole. */
const BY_KEYS: readonly (Known & { readonly keys: readonly string[] })[] = [
  { keys: ['modelTopology'], what: 'a TensorFlow.js model', remedy: 'profile it with `inferscope profile MODEL`' },
  { keys: ['weightsManifest'], what: 'a TensorFlow.js model', remedy: 'profile it with `inferscope profile MODEL`' },
  { keys: ['reportVersion'], what: 'a report of Inferscope', remedy: 'give the run folder that it is in' },
  { keys: ['meta', 'threads'], what: 'a profile of Firefox', remedy: `open it at profiler.firefox.com, or ${WRITE_CPU_PROFILE}` },
  { keys: ['constants', 'events'], what: 'a network log of Chrome', remedy: GIVE_A_PROFILE },
  { keys: ['log.entries'], what: 'an HTTP archive (HAR)', remedy: GIVE_A_PROFILE },
  { keys: ['head', 'samples'], what: 'a heap profile of V8', remedy: 'open it in Chrome’s memory panel; give a .cpuprofile for times' },
  { keys: ['head'], what: 'a heap profile of V8', remedy: 'open it in Chrome’s memory panel; give a .cpuprofile for times' },
  { keys: ['trace_id', 'span_id', 'parent_id'], what: 'spans of Datadog', remedy: WRITE_OTLP },
  { keys: ['trace', 'orphaned'], what: 'a trace of Datadog’s page', remedy: WRITE_OTLP },
  { keys: ['Traces'], what: 'an answer of AWS X-Ray', remedy: WRITE_OTLP },
  { keys: ['run_type', 'trace_id'], what: 'runs of LangSmith', remedy: WRITE_OTLP },
  { keys: ['trace_id', 'id', 'start_time'], what: 'a segment of AWS X-Ray', remedy: WRITE_OTLP },
  { keys: ['span_kind', 'context', 'start_time'], what: 'spans of Phoenix (OpenInference)', remedy: WRITE_OTLP },
  { keys: ['span_kind', 'context.span_id'], what: 'a table of spans of Phoenix (OpenInference)', remedy: WRITE_OTLP },
  { keys: ['observations'], what: 'a trace of Langfuse', remedy: WRITE_OTLP },
  { keys: ['traceId', 'parentObservationId'], what: 'observations of Langfuse', remedy: WRITE_OTLP },
  { keys: ['segmentId', 'endpointName'], what: 'spans of SkyWalking', remedy: WRITE_OTLP },
  { keys: ['traceSegmentId'], what: 'a segment of SkyWalking', remedy: WRITE_OTLP },
  { keys: ['data.trace.spans'], what: 'an answer of SkyWalking', remedy: WRITE_OTLP },
  { keys: ['metadata.service.agent'], what: 'what an agent of Elastic APM sends', remedy: WRITE_OTLP },
  { keys: ['transaction.id', 'transaction.trace_id'], what: 'what an agent of Elastic APM sends', remedy: WRITE_OTLP },
  { keys: ['event_id', 'contexts.trace'], what: 'a transaction of Sentry', remedy: WRITE_OTLP },
  { keys: ['profile.thread_metadata'], what: 'a profile of Sentry', remedy: WRITE_CPU_PROFILE },
  { keys: ['trace.trace_id', 'duration_ms'], what: 'events of Honeycomb', remedy: WRITE_OTLP },
  { keys: ['node', 'spans'], what: 'spans of OpenCensus', remedy: WRITE_OTLP },
  { keys: ['common', 'spans'], what: 'spans of New Relic', remedy: WRITE_OTLP },
  { keys: ['projectId', 'spans'], what: 'a trace of Google Cloud', remedy: WRITE_OTLP },
  { keys: ['iKey', 'data.baseType'], what: 'telemetry of Application Insights', remedy: WRITE_OTLP },
  { keys: ['context', 'start_time', 'parent_id'], what: 'what the ConsoleSpanExporter of OpenTelemetry prints', remedy: WRITE_OTLP },
  {
    keys: ['traces', 'metrics'],
    what: 'the result of a search in Tempo',
    remedy: 'fetch one of its traces (/api/traces/ID) and give that',
  },
  { keys: ['schema', 'data'], what: 'a table of Grafana', remedy: 'download the trace itself, from its own panel' },
  { keys: ['hits'], what: 'an answer of Elasticsearch', remedy: 'ask Jaeger for the trace (/api/traces/ID) and give its answer' },
  {
    keys: ['code', 'functions', 'ticks'],
    what: 'what `node --prof-process --preprocess` writes',
    remedy: WRITE_CPU_PROFILE,
  },
  {
    keys: ['kernels', 'peakBytes'],
    what: 'what `tf.profile()` of TensorFlow.js gives',
    remedy: 'run the program under `inferscope run`, or give its model to `inferscope profile`',
  },
  {
    keys: ['linux-perf-json-version'],
    what: 'what `perf data convert --to-json` writes',
    remedy: 'fold what `perf script` prints with `stackcollapse-perf.pl` and give the result',
  },
  { keys: ['flamebearer'], what: 'a flamegraph of Pyroscope', remedy: 'export it as pprof' },
  { keys: ['name', 'value', 'children'], what: 'a tree of d3-flame-graph', remedy: 'give the collapsed stacks that it was made of' },
  { keys: ['n', 'v'], what: 'a tree of a drawn flamegraph', remedy: 'give the collapsed stacks that it was made of' },
  { keys: ['root_frame'], what: 'what pyinstrument writes as JSON', remedy: 'write it with `pyinstrument -r speedscope`' },
  { keys: ['frame_records'], what: 'a session of pyinstrument', remedy: 'write it with `pyinstrument -r speedscope`' },
  { keys: ['elapsed_time_sec', 'files', 'program'], what: 'a profile of Scalene', remedy: PY_SPY },
  { keys: ['total_num_allocations'], what: 'what memray tells of memory', remedy: `${PY_SPY}, which shows time` },
  { keys: ['costs', 'functions'], what: 'a profile for gprof2dot', remedy: PY_SPY },
  { keys: ['CudaEvent'], what: 'what Nsight Systems exports as JSON', remedy: 'convert it to a Chrome trace' },
  { keys: ['timers', 'unfinishedTimers'], what: 'what `npm --timing` writes', remedy: GIVE_A_PROFILE },
  { keys: ['cols', 'rows'], what: 'a table of TensorFlow’s profiler', remedy: 'give the .xplane.pb that it was made of' },
  { keys: ['memoryProfilePerAllocator'], what: 'a memory profile of TensorFlow', remedy: 'give the .xplane.pb beside it' },
  { keys: ['version', 'recording'], what: 'a recording of Safari', remedy: 'record with Chrome or `node --cpu-prof`' },
  { keys: ['errors'], what: 'an answer with an error', remedy: 'ask again, and give the traces' },
  { keys: ['dependencies', 'name'], what: 'a package.json', remedy: GIVE_A_PROFILE },
];

/** Whether a document has a field: of this name, or by this way of names. */
function has(record: Readonly<Record<string, unknown>>, key: string): boolean {
  if (key in record) return true;
  const at = key.lastIndexOf('.');
  const above = key
    .slice(0, Math.max(0, at))
    .split('.')
    .reduce<unknown>((value, name) => asRecord(value)?.[name], record);
  return at > 0 && Object.hasOwn(asRecord(above) ?? {}, key.slice(at + 1));
}

const LIST = FOREIGN_FORMATS.join(', ');

const refuse = (file: string, { what, remedy }: Known): UserError =>
  new UserError(`${file} is ${what}, which Inferscope does not read: ${remedy}.`, EXIT.badInput);

/** What a file is that no reader takes, by its first bytes; null where they do not tell. */
export function refusalByHead(file: string, head: Uint8Array): UserError | null {
  const text = Buffer.from(head).toString('latin1');
  const known = BY_HEAD.find(({ starts }) => starts.test(text));
  return known === undefined ? null : refuse(file, known);
}

/** What OTLP is that holds no traces. */
export const refusalOfSignals = (file: string, signals: readonly string[]): UserError =>
  refuse(file, {
    what: `OTLP with ${signals.join(' and ')} alone`,
    remedy: 'spans are what is shown: add the file exporter to the `traces` pipeline of the collector, and give what it writes',
  });

/** What JSON is by its fields, where they tell. */
export function knownJson(file: string, json: unknown): UserError | null {
  const record = asRecord(json);
  const known = record === undefined ? undefined : BY_KEYS.find(({ keys }) => keys.every((key) => has(record, key)));
  return known === undefined ? null : refuse(file, known);
}

/** What JSON is that no reader takes. */
export function refusalOfJson(file: string, json: unknown): UserError {
  const known = knownJson(file, json);
  if (known !== null) return known;
  const record = asRecord(json);
  const keys = Object.keys(record ?? {}).slice(0, 5);
  const found =
    record === undefined
      ? ''
      : keys.length === 0
        ? ' without any field'
        : ` with the fields ${keys.map((key) => `“${key.slice(0, 40)}”`).join(', ')}`;
  return new UserError(`${file} is JSON${found}, but none of the formats that Inferscope reads: ${LIST}.`, EXIT.badInput);
}

/** What bytes are that no reader takes. */
export function refusalOfBytes(file: string, head: Uint8Array): UserError {
  const isProtobuf = head[0] !== undefined && [0x08, 0x0a, 0x12].includes(head[0]);
  const maybe = isProtobuf ? ' (it may be a protocol buffer of another kind)' : '';
  return new UserError(`${file} holds bytes that are none of the formats that Inferscope reads${maybe}: ${LIST}.`, EXIT.badInput);
}

/** What text is that is no collapsed stacks. */
export const refusalOfText = (file: string, line: number): UserError =>
  refusalOfProgram(file) ??
  new UserError(
    `${file}: line ${line} is not “frame;frame count”, so this text is none of the formats that Inferscope reads: ${LIST}.`,
    EXIT.badInput,
  );

/** Begins the last line that we send: the file for what was held back follows. */
export const END_OF_LOG = '\u001einferscope-log:';

/**
 * Lines of ONNX Runtime's log, coloured or not (what it logs as an error it also throws), and of TensorFlow's and XLA's below
 * errors, in the forms of TSL (`2026-11-30 07:00:00.1: I tensorflow/…`) and Abseil (`I0000 00:00:17 166 service.cc:148]`),
 * their preamble, and what follows such a line without a head of its own.
 */
const LOG_LINE = [
  /^(?:\u001b\[[\d;]*m)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \[[VIWE]:onnxruntime:/,
  /^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: )?[IW] (?:external\/)?(?:\.\/)?[\w./-]+\.(?:cc|h|cpp|cu\.cc):\d+\] /,
  /^[IW]\d{4} \d\d:\d\d:\d+\.\d+ +\d+ [\w./-]+\.(?:cc|h|cpp):\d+\] /,
  /^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR$/,
  /^To enable the following instructions: .* rebuild TensorFlow with the appropriate compiler flags\.$/,
  // What tfjs-node says of each output of each call.
  /^INT64 output tensor will be stored as BigInt64Array\.$/,
];
/** Logged as errors, but of no consequence: plug-ins that are registered twice in builds for graphics cards. */
const HARMLESS_ERROR = /\] Unable to register cu(?:FFT|DNN|BLAS) factory: /;

/** Whether a line is TensorFlow talking to itself; errors, fatal ones and everything in another form are not. */
export const isNativeLogLine = (line: string): boolean => LOG_LINE.some((form) => form.test(line)) || HARMLESS_ERROR.test(line);

/** V8 ends the process where its heap is at its limit, with pages of its own; no code of ours runs after that. */
export const V8_DIES = /^<--- Last few GCs --->$/;

/**
 * The floors of src/, top to bottom, and what each may import besides itself. A folder that is not named belongs to the
 * nearest one above it that is. Read by scripts/check-layers.mjs and tested in test/check/layers.test.ts.
 */
const tensorflow = ['engines/tensorflow/load', 'engines/tensorflow/graph', 'engines/tensorflow/seams', 'engines/tensorflow/session'];
const onnxruntime = ['engines/onnxruntime/load', 'engines/onnxruntime/seams', 'engines/onnxruntime/session'];
const engines = ['engines/tensorflow', 'engines/keras', 'engines/onnxruntime', ...tensorflow, ...onnxruntime, 'engines'];
const below = ['analyse', 'analyse/findings', 'inputs', 'record', 'model'];

export const LAYERS = {
  cli: ['index.ts', 'measure/reproduce', 'measure/keras', 'measure/doctor.ts', 'measure', 'runs', 'telemetry', 'report', 'formats', 'engines/engines.ts', ...engines, ...below],
  'index.ts': ['measure/reproduce', 'measure', 'runs', 'telemetry', 'report', 'formats', ...engines, ...below],
  // Measuring knows engines by their interface; only what repeats claims about one, holds two against each other or looks at
  // what is installed knows which.
  'measure/reproduce': ['measure/keras', 'measure', 'runs', 'report', ...engines, ...below],
  'measure/keras': ['measure', 'runs', 'report', 'engines/keras', 'engines/tensorflow', ...below],
  'measure/doctor.ts': ['engines/tensorflow', 'engines/tensorflow/load', 'engines/onnxruntime', 'engines/onnxruntime/load', 'engines', 'model'],
  measure: ['runs', 'report', 'formats', 'engines/engines.ts', 'engines', ...below],
  runs: ['telemetry', 'report', 'formats', 'engines/keras', 'engines', ...below],
  // A subpath of the package: what Node.js took away from tfjs-node.
  'telemetry/live/node-compat.ts': ['engines/tensorflow/load'],
  // Programs' engines are known by their interface alone.
  telemetry: ['formats', 'engines/program-engines.ts', 'engines', 'record', 'model'],
  // What an analysis comes to is found below; the report has the words.
  report: ['formats', 'analyse/findings', 'model'],
  formats: ['model'],
  analyse: ['analyse/findings', 'model'],
  'analyse/findings': ['model'],
  'engines/engines.ts': ['engines/tensorflow', 'engines/keras', 'engines/onnxruntime', 'engines', 'model'],
  'engines/program-engines.ts': ['engines/tensorflow/program', 'engines/onnxruntime/program', 'engines'],
  'engines/tensorflow': [...tensorflow, 'engines', 'inputs', 'model'],
  'engines/tensorflow/program': [...tensorflow, 'engines', 'model'],
  // The kernels that TensorFlow tells Python of are read by what reads them here.
  'engines/keras': ['engines/tensorflow/session', 'engines', 'inputs', 'model'],
  'engines/tensorflow/load': ['engines', 'inputs', 'model'],
  'engines/tensorflow/graph': ['engines', 'model'],
  'engines/tensorflow/seams': ['engines', 'model'],
  'engines/tensorflow/session': ['engines', 'model'],
  'engines/onnxruntime': [...onnxruntime, 'engines', 'inputs', 'model'],
  'engines/onnxruntime/program': [...onnxruntime, 'engines', 'model'],
  'engines/onnxruntime/session': ['engines/onnxruntime/seams', 'engines/onnxruntime/load', 'engines', 'model'],
  'engines/onnxruntime/load': ['engines', 'inputs', 'model'],
  'engines/onnxruntime/seams': ['engines', 'model'],
  engines: ['inputs', 'model'],
  inputs: ['model'],
  record: ['model'],
  model: [],
};

/** Floors that may import no package at all. */
export const NO_PACKAGES = ['model'];

/** Floors that put findings into words and work nothing out: sums, orders, medians and shares that decide are found below. */
export const WORDS_ONLY = ['report'];

/** Files and folders of those floors that add up or sort to draw, each with what it draws. */
export const DRAWS = {
  'report/page': 'flamegraphs, and the calls and spans that a page has room for',
  'report/topics/stages.ts': 'a bar of whole letters, which must add up to its length',
  'report/studies/sweep/thin-points.ts': 'fewer dots than there are calls',
};

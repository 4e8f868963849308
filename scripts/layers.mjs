/**
 * The floors of src/, top to bottom, and what each may import besides itself. A folder that is not named belongs to the
 * nearest one above it that is. Read by scripts/check-layers.mjs and tested in test/check/layers.test.ts.
 */
const engines = ['engines', 'engines/tensorflow/load', 'engines/tensorflow/graph', 'engines/tensorflow/seams', 'engines/tensorflow/session', 'engines/keras'];
const below = ['analyse', ...engines, 'inputs', 'record', 'model'];

export const LAYERS = {
  cli: ['index.ts', 'measure', 'runs', 'telemetry', 'report', 'formats', ...below],
  'index.ts': ['measure', 'runs', 'telemetry', 'report', 'formats', ...below],
  measure: ['runs', 'report', 'formats', ...below],
  runs: ['telemetry', 'report', 'formats', ...below],
  telemetry: ['formats', ...engines, 'record', 'model'],
  report: ['formats', 'model'],
  formats: ['model'],
  analyse: ['model'],
  'engines/keras': ['engines', 'inputs', 'model'],
  'engines/tensorflow/load': ['engines', 'inputs', 'model'],
  'engines/tensorflow/graph': ['engines', 'model'],
  'engines/tensorflow/seams': ['engines', 'model'],
  'engines/tensorflow/session': ['engines', 'model'],
  engines: ['model'],
  inputs: ['model'],
  record: ['model'],
  model: [],
};

/** Floors that may import no package at all. */
export const NO_PACKAGES = ['model'];

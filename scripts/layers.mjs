/** Who may import whom. Read by scripts/check-layers.mjs and tested in test/check/layers.test.ts. */
const stages = ['runtime', 'compile', 'instrument', 'record', 'analyse', 'render', 'export', 'session', 'keras', 'read', 'script'];

/** Layer (first folder under src/, or `index.ts`) → layers it may import besides itself. */
export const LAYERS = {
  model: [],
  ...Object.fromEntries(stages.map((stage) => [stage, ['model']])),
  api: ['model', ...stages],
  cli: ['model', 'api', 'register', ...stages],
  register: ['model', 'api', ...stages],
  'index.ts': ['model', 'api', 'register', ...stages],
};

/** Layers that may import no package at all. */
export const NO_PACKAGES = ['model'];

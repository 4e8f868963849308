// A CommonJS program with an instrumentation of its own, configured in code.
require('./telemetry.cjs');
const { InferenceInstrumentation } = require('inferscope');
const instrumentation = new InferenceInstrumentation({ kernels: 'off' });
process.on('beforeExit', () => void instrumentation.flush());
require('./app.cjs');

import './telemetry.cjs';
import { InferenceInstrumentation } from 'inferscope';

const instrumentation = new InferenceInstrumentation({ kernels: 'off' });
process.on('beforeExit', () => void instrumentation.flush());
await import('./app.mjs');

export { UserError } from './model/errors.js';
export { compileToGraph } from './compile/compile-to-graph.js';
export type { CompiledGraph } from './compile/compile-to-graph.js';
export { writeSavedModel } from './compile/write-saved-model.js';
export type { CompileOptions, GraphBuilding } from './compile/options.js';
export { InferenceInstrumentation } from './register/inference-instrumentation.js';
export type { InferenceInstrumentationConfig } from './register/inference-instrumentation.js';

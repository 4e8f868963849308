import type { ProgramEngine } from './in-program.js';
import { ONNX_IN_PROGRAM } from './onnxruntime/program/engine.js';
import { TENSORFLOW_IN_PROGRAM } from './tensorflow/program/engine.js';

/** Every engine whose calls `run` and `register` see in a program. A new one is one line here. */
export const PROGRAM_ENGINES: readonly ProgramEngine[] = [TENSORFLOW_IN_PROGRAM, ONNX_IN_PROGRAM];

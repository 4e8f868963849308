import * as tf from '@tensorflow/tfjs-node';
import { compileToGraph } from 'inferscope';
import calls from './compiled-calls.cjs';

await calls[process.argv[2]](tf, compileToGraph);

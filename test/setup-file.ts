import { restoreForTfjsNode } from '../src/engines/tensorflow/load/node-compat.js';

// Tests load tfjs-node themselves; on Node.js 23 and later it needs what a program gets by `inferscope/node-compat`.
restoreForTfjsNode();

const tf = require('@tensorflow/tfjs-node');
const { compileToGraph } = require('inferscope');

void require('./compiled-calls.cjs')[process.argv[2]](tf, compileToGraph);

// Two threads with a model each, the main thread has none. One after the other: tfjs-node's binding notes the names of
// attributes in one set for all threads without a lock (AssignOpAttr), which ends one process in a hundred or two.
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const start = () => new Worker(path.join(__dirname, 'app.cjs'));
start().on('exit', start);

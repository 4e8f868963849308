// Two threads with a model each; the main thread has none.
const path = require('node:path');
const { Worker } = require('node:worker_threads');
for (let i = 0; i < 2; i++) new Worker(path.join(__dirname, 'app.cjs'));

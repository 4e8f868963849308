/**
 * Loaded first by a process (`node --import`): every call of a model takes INFERSCOPE_BENCH_SLOWER_NANOS longer, or by the
 * share INFERSCOPE_BENCH_SLOWER_SHARE of its own time, spent spinning. It changes the classes as they are loaded, so that what
 * is instrumented is the same as without it.
 */
import Module from 'node:module';

/** @type {any} what Node.js does not document: the one function that every `require` goes through */
const loader = Module;

const longerMillis = Number(process.env.INFERSCOPE_BENCH_SLOWER_NANOS ?? 0) / 1e6;
const longerShare = Number(process.env.INFERSCOPE_BENCH_SLOWER_SHARE ?? 0);
const CLASSES = new Map([['@tensorflow/tfjs-layers', ['LayersModel', 'predict']], ['@tensorflow/tfjs-converter', ['GraphModel', 'execute']]]);
const load = loader._load;

loader._load = function loadSlower(request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  const found = CLASSES.get(request);
  if (found === undefined || loaded[found[0]] === undefined) return loaded;
  CLASSES.delete(request);
  slowDown(loaded[found[0]].prototype, found[1]);
  return loaded;
};

function slowDown(prototype, method) {
  const original = prototype[method];
  prototype[method] = function slower(...args) {
    const start = performance.now();
    const result = original.apply(this, args);
    const end = performance.now();
    const until = end + longerMillis + longerShare * (end - start);
    while (performance.now() < until);
    return result;
  };
}

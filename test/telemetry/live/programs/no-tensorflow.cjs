// Loads no TensorFlow: being instrumented must not load it either.
process.on('exit', () => console.log(Object.keys(require.cache).some((file) => file.includes('tfjs'))));

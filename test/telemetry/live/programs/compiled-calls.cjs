// What a program does with graphs compiled from a model: batch sizes that vary, a graph rebuilt, failures.
const TRAFFIC = [[1, 20], [2, 15], [3, 12], [4, 8], [5, 5]];

exports.vary = (tf, compileToGraph) => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
  const compiled = compileToGraph(tf, model);
  for (const [batch, calls] of TRAFFIC) {
    for (let i = 0; i < calls; i++) tf.tidy(() => compiled.predict(tf.ones([batch, 4])).dataSync());
  }
};

exports.misuse = async (tf, compileToGraph) => {
  const failing = async (call) => {
    try {
      tf.dispose(await call());
    } catch (error) {
      if (error.name !== 'UserError') throw error;
    }
  };
  const double = compileToGraph(tf, (x) => x.mul(2), { maxSignatures: 1, xla: true });
  // One graph is kept: each change of the size builds again.
  for (const batch of [1, 1, 2, 2, 1, 2]) tf.tidy(() => double.execute(tf.ones([batch, 4])));
  const reading = compileToGraph(tf, (x) => x.mul(x.dataSync()[0]));
  for (let i = 0; i < 2; i++) await failing(() => reading.predict(tf.ones([7, 4])));
  double.dispose();
  await failing(() => double.predict(tf.ones([1, 4])));
  await failing(() => double.predictAsync(tf.ones([1, 4])));
  const loop = await tf.loadGraphModel('file://test/fixtures/graph-model-loop/model.json');
  const looping = compileToGraph(tf, loop);
  // Two at once: the second waits for the first one's graph.
  tf.dispose(await Promise.all([looping.predictAsync(tf.ones([1, 4])), looping.predictAsync(tf.ones([1, 4])), looping.executeAsync(tf.ones([2, 4]))]));
  tf.dispose(looping.predict(tf.ones([1, 4])));
};

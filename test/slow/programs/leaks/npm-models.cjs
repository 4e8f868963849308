/**
 * Programs with npm packages of models, as their users write them, which forget to dispose of something. The weights would be
 * downloaded: networks of the same outputs with random weights stand for them, the packages' own code runs around these.
 * Prints what `tf.memory()` says was kept.
 */
const tf = require('@tensorflow/tfjs-node');

const TYPES = { float32: 'DT_FLOAT', int32: 'DT_INT32' };
const shaped = (shape) => ({ dim: shape.map((size) => ({ size: String(size) })) });

/** A graph model that answers the same whatever it is given: outputs of these shapes. */
function graphModel(inputs, outputs) {
  const placeholders = Object.entries(inputs).map(([name, shape]) => ({
    name,
    op: 'Placeholder',
    attr: { dtype: { type: TYPES.int32 }, shape: { shape: shaped(shape) } },
  }));
  const weights = outputs.flatMap((shape, i) => [
    {
      name: `w${i}`,
      op: 'Const',
      attr: { dtype: { type: TYPES.float32 }, value: { tensor: { dtype: TYPES.float32, tensorShape: shaped(shape) } } },
    },
    { name: `out${i}`, op: 'Identity', input: [`w${i}`], attr: { T: { type: TYPES.float32 } } },
  ]);
  const sizes = outputs.map((shape) => shape.reduce((product, size) => product * size, 1));
  const values = Float32Array.from({ length: sizes.reduce((sum, size) => sum + size, 0) }, () => Math.random());
  const signature = {
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, shape]) => [name, { name: `${name}:0`, dtype: TYPES.int32, tensorShape: shaped(shape) }]),
    ),
    outputs: Object.fromEntries(outputs.map((_, i) => [`out${i}`, { name: `out${i}:0`, dtype: TYPES.float32 }])),
  };
  return tf.loadGraphModel(
    tf.io.fromMemory({
      modelTopology: { node: [...placeholders, ...weights], versions: { producer: 1 } },
      weightSpecs: outputs.map((shape, i) => ({ name: `w${i}`, shape, dtype: 'float32' })),
      weightData: values.buffer,
      format: 'graph-model',
      signature,
    }),
  );
}

const image = (size) => tf.randomUniform([size, size, 3], 0, 255, 'int32');
const VOCABULARY = [
  ['<unk>', 0],
  ['<s>', 0],
  ['</s>', 0],
  ['\u2581', -3],
  ...[...'abcdefghijklmnopqrstuvwxyz'].map((letter) => [letter, -5]),
];

const PROGRAMS = {
  async 'body-pix'() {
    const { BodyPix } = require('@tensorflow-models/body-pix/dist/body_pix_model');
    const { MobileNet } = require('@tensorflow-models/body-pix/dist/mobilenet');
    const input = tf.input({ shape: [null, null, 3] });
    const first = tf.layers.conv2d({ filters: 8, kernelSize: 3, strides: 16, padding: 'same' }).apply(input);
    const outputs = [34, 1, 24, 34, 17, 32, 32, 48].map((filters) => tf.layers.conv2d({ filters, kernelSize: 1 }).apply(first));
    const model = tf.model({ inputs: input, outputs });
    const net = new BodyPix(new MobileNet({ inputs: [{ shape: [1, -1, -1, 3] }], predict: (x) => model.predict(x) }, 16));
    return () => {
      const x = image(64);
      net.predictForPersonSegmentation(x);
      x.dispose();
    };
  },
  async 'coco-ssd'() {
    const { ObjectDetection } = require('@tensorflow-models/coco-ssd');
    const detector = new ObjectDetection('lite_mobilenet_v2');
    detector.model = await graphModel({ image: [1, -1, -1, 3] }, [
      [1, 50, 10],
      [1, 50, 1, 4],
    ]);
    return async () => {
      const x = image(64);
      await detector.detect(x);
      x.dispose();
    };
  },
  async 'knn-classifier'() {
    const classifier = require('@tensorflow-models/knn-classifier').create();
    const features = tf.sequential({ layers: [tf.layers.dense({ units: 32, inputShape: [16] })] });
    for (let example = 0; example < 9; example++)
      tf.tidy(() => classifier.addExample(features.predict(tf.randomNormal([1, 16])), example % 3));
    return async () => {
      const x = tf.randomNormal([1, 16]);
      const activation = features.predict(x);
      await classifier.predictClass(activation);
      x.dispose();
    };
  },
  async toxicity() {
    const { ToxicityClassifier } = require('@tensorflow-models/toxicity');
    const { Tokenizer } = require('@tensorflow-models/universal-sentence-encoder');
    const classifier = new ToxicityClassifier(0.9);
    classifier.tokenizer = new Tokenizer(VOCABULARY);
    classifier.labels = ['insult', 'threat', 'toxicity'];
    classifier.model = await graphModel({ Placeholder_1: [-1, 2], Placeholder: [-1] }, [
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    return () => classifier.classify(['you are nice']);
  },
  async 'universal-sentence-encoder'() {
    const { Tokenizer, UniversalSentenceEncoder } = require('@tensorflow-models/universal-sentence-encoder');
    const encoder = new UniversalSentenceEncoder();
    encoder.tokenizer = new Tokenizer(VOCABULARY);
    encoder.model = await graphModel({ indices: [-1, 2], values: [-1] }, [[1, 512]]);
    return async () => {
      const embeddings = await encoder.embed(['the cat sat', 'on the mat']);
      await embeddings.array();
    };
  },
};

(async () => {
  const [name, steps] = [process.argv[2], Number(process.argv[3])];
  const step = await PROGRAMS[name]();
  await step();
  const before = tf.memory().numTensors;
  for (let i = 1; i < steps; i++) await step();
  console.log(JSON.stringify({ perStep: (tf.memory().numTensors - before) / (steps - 1) }));
})();

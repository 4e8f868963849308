import type { OwnCallFinding } from '../../analyse/findings/advice/advise.js';
import { isOfTraffic } from '../../analyse/findings/advice/traffic.js';
import type { Analysis } from '../../model/analysis.js';
import { never } from '../../model/errors.js';
import { formatCount, formatShare, formatTime, formatTimes } from '../words.js';
import { trialEvidence } from './trials.js';
import type { AdviceWords } from './words.js';

/** Signatures that are named. */
const MAX_NAMED = 4;

/** What a variant's own calls show, in words. */
export function ownCallWords(found: OwnCallFinding, runtime: Analysis['runtime']): AdviceWords {
  switch (found.kind) {
    case 'plain-backend':
      return {
        sentence: 'Load `@tensorflow/tfjs-node` instead of `@tensorflow/tfjs`: this program calculates in plain JavaScript (backend cpu).',
        evidence:
          'The backend of the calls is cpu, which runs each kernel in JavaScript on one thread; the backend tensorflow runs it in native TensorFlow. Where the package is loaded already, something sets the backend: tf.getBackend() tells.',
      };
    case 'retracing':
      return {
        sentence: `Pad inputs to a few fixed shapes (buckets): ${found.calls} calls of ${found.key} built the graph again.`,
        evidence: `Causes: ${found.causes.join(', ')}; signatures: ${found.signatures.slice(0, MAX_NAMED).join(', ')}; together ${formatTime(found.extraNanos)} above a warm call. At most that can be saved.${runtime === 'keras' ? '' : ' `inferscope profile MODEL --traffic RUN` tries it.'}`,
      };
    case 'tensors-left': {
      const tensors = formatCount(found.tensors);
      return {
        sentence: `Dispose what ${found.key} leaves: ${tensors} ${tensors === '1' ? 'tensor stays' : 'tensors stay'} after each call.`,
        evidence: 'Measured with tf.memory().numTensors after each call; memory grows until the process ends.',
      };
    }
    case 'data-adapter':
      return {
        sentence: 'Keep input as tensors instead of JavaScript arrays where the same data is used again.',
        evidence: `The data adapter of ${found.key} takes ${formatTime(found.nanos)}, ${formatShare(found.share)} of a call: that is the most it can save.${found.name === 'program' ? '' : ' Try it with --feed reused.'}`,
      };
    case 'small-calls':
      return {
        sentence: `Put several inputs into one call: with batch ${found.batch}, ${formatShare(found.share)} of a call of ${found.key} is spent neither in kernels nor on data.`,
        evidence: `Glue code ${formatShare(found.stages.glue.share)}, graph building ${formatShare(found.stages['graph-building'].share)}; per input it shrinks with the batch. \`inferscope sweep\` measures how far.`,
      };
    case 'garbage':
      return {
        sentence: 'Make less garbage per call: reuse typed arrays and tensors.',
        evidence: `Garbage collection takes ${formatShare(found.share)} of ${found.key}; at most that can be saved.`,
      };
    case 'slices': {
      const { key, slices, batch } = found;
      const rows = batch > slices ? `the ${formatCount(batch)} rows` : 'the rows';
      return {
        sentence: `Call \`predictOnBatch\`, or give \`predict\` the option \`batchSize\`: it splits ${rows} of a call into ${formatCount(slices)} slices and runs every layer for each.`,
        evidence: `Stages and layers ran ${formatCount(slices)}× in each call of ${key}; \`predict\` takes 32 rows at a time where nothing else is said. \`inferscope profile MODEL --batch ${batch}\` measures both.`,
      };
    }
    case 'cold-start':
      return {
        sentence: 'Call the model once at start, before the first request.',
        evidence: `The first call of ${found.key} took ${formatTime(found.firstNanos)}, ${formatTimes(found.firstNanos / found.warmNanos)} a warm call (${formatTime(found.warmNanos)}).`,
      };
    case 'nothing-to-gain': {
      const { key, against, trials, kernelShare } = found;
      const measured = [...against.map(({ sentence }) => sentence), ...trials.filter((trial) => !isOfTraffic(trial)).map(trialEvidence)];
      return {
        sentence: `Nothing to gain here: ${key} is as fast as anything tried.`,
        evidence: `${measured.join(' ')} Kernel execution is ${formatShare(kernelShare)} of a call.`,
      };
    }
    default:
      return never(found);
  }
}

import { adviceFindings, type AdviceFinding } from '../../analyse/findings/advice/advise.js';
import type { Advice, Analysis } from '../../model/analysis.js';
import { never } from '../../model/errors.js';
import type { AdviceEvidence } from '../../model/findings.js';
import { fasterWords } from './faster.js';
import { pipelineWords, slowerWhenCompiledWords } from './keras.js';
import { fileWords, levelWords } from './levels.js';
import { sessionWords } from './onnx.js';
import { ownCallWords } from './own-calls.js';
import { beyondLimitWords, fewerThreadsWords } from './threads.js';
import { trafficWords } from './traffic.js';
import { triedWords, unitOf } from './trials.js';
import type { AdviceWords } from './words.js';

/** Advice as `adviceFindings` finds it, in words. */
export const adviseOn = (analysis: Omit<Analysis, 'advice'>, evidence: AdviceEvidence): Advice[] =>
  adviceFindings(analysis, evidence).map((found) => tellAdvice(found, analysis.runtime));

/** One finding in words. */
export function tellAdvice(found: AdviceFinding, runtime: Analysis['runtime']): Advice {
  const { id, saving, verified } = found;
  const of = found.kind === 'tried' ? unitOf(found.id) : undefined;
  const { sentence, evidence } = wordsOf(found, runtime);
  return { id, sentence, evidence, saving: saving === null || of === undefined ? saving : { ...saving, of }, verified };
}

function wordsOf(found: AdviceFinding, runtime: Analysis['runtime']): AdviceWords {
  switch (found.kind) {
    case 'faster-variant':
      return fasterWords(found);
    case 'level-to-keep':
      return levelWords(found);
    case 'optimised-file':
      return fileWords(found);
    case 'slower-when-compiled':
      return slowerWhenCompiledWords(found);
    case 'pipeline-each-call':
      return pipelineWords(found);
    case 'waits':
    case 'input':
    case 'outputs':
    case 'sessions':
      return sessionWords(found);
    case 'tried':
      return triedWords(found);
    case 'fewer-threads':
      return fewerThreadsWords(found);
    case 'threads-beyond-limit':
      return beyondLimitWords(found);
    case 'traffic-not-tried':
    case 'rows-depend':
    case 'traffic':
      return trafficWords(found);
    case 'plain-backend':
    case 'retracing':
    case 'tensors-left':
    case 'data-adapter':
    case 'small-calls':
    case 'garbage':
    case 'slices':
    case 'cold-start':
    case 'nothing-to-gain':
      return ownCallWords(found, runtime);
    default:
      return never(found);
  }
}

import type { Independent, TrafficFinding } from '../../analyse/findings/advice/traffic.js';
import { never } from '../../model/errors.js';
import type { Trial, TriedTraffic } from '../../model/trial.js';
import { formatDeviation, formatShare, formatTime } from '../words.js';
import { ratioWords } from './trials.js';
import type { AdviceWords } from './words.js';

/** A change in advice: what to do, what not to do, and how it is named. */
function wordsOf(
  id: Trial['id'],
  buckets: readonly number[],
): { readonly to: string; readonly notTo: string; readonly name: string; readonly how: string } {
  const sizes = buckets.length === 0 ? 'buckets' : buckets.join(', ');
  return id === 'open-batch'
    ? {
        to: 'Leave the batch open when the graph is traced (`dynamicBatch: true`)',
        notTo: 'Do not leave the batch open',
        name: 'Leaving the batch open (`dynamicBatch: true`)',
        how: 'one graph for every size',
      }
    : {
        to: `Pad the batch to ${sizes}`,
        notTo: `Do not pad the batch to ${sizes}`,
        name: `Padding the batch to ${sizes}`,
        how: 'rows of zeros appended before the arrays become tensors, the results cut back after they are read, and equal to those without padding',
      };
}

/** What trials of padding and of an open batch came to; the figures and their balance are told. */
export function trafficWords(found: TrafficFinding): AdviceWords {
  switch (found.kind) {
    case 'traffic-not-tried': {
      const { id, variant, change, failure = 'no reason given' } = found.trial;
      return { sentence: `${wordsOf(id, []).name} could not be tried: ${failure}.`, evidence: `${variant} with ${change}.` };
    }
    case 'rows-depend': {
      const { trial, traffic } = found;
      return {
        sentence: `${wordsOf(trial.id, traffic.buckets).notTo}: the rows of a batch depend on each other, and further rows change the results of the real ones.`,
        evidence: `Tried with ${trial.variant}, with rows of zeros and with other rows: results differ by up to ${formatDeviation(traffic.largestDifference)}. Batches: ${sizesOf(traffic)}.`,
      };
    }
    case 'traffic':
      return judged(found);
    default:
      return never(found);
  }
}

function judged({ trial, traffic, outcome }: Extract<TrafficFinding, { kind: 'traffic' }>): AdviceWords {
  const { to, notTo, name, how } = wordsOf(trial.id, traffic.buckets);
  const { kind, calls, share, breakEven } = outcome;
  const evidence = `${figuresOf(trial, traffic)}. Tried, without recording, with ${trial.variant} in ${trial.rounds} rounds: batches ${sizesOf(traffic)}, ${how}; all of it is in the times.`;
  switch (kind) {
    case 'saves': {
      const until = breakEven === null ? '' : `, and it pays for up to about ${breakEven} calls after a start`;
      return { sentence: `${to}: over ${calls} calls from a start it saves ${formatShare(share)} of their time${until}.`, evidence };
    }
    case 'costs': {
      const unless = breakEven === null || breakEven === 0 ? '' : ` unless there are fewer than about ${breakEven} calls after a start`;
      return { sentence: `${notTo}: tried, it costs more than it saves${unless}.`, evidence };
    }
    case 'uncertain':
      return { sentence: `${name} was tried: over ${calls} calls from a start no gain is certain.`, evidence };
    default:
      return never(kind);
  }
}

/** What is built, once, and what a warm call takes, each with its interval. */
function figuresOf({ ratio, interval }: Extract<TrafficFinding, { kind: 'traffic' }>['trial'], { building }: Independent): string {
  const { exactNanos } = building;
  return `Building takes ${formatTime(building.ratio * exactNanos)} instead of ${formatTime(exactNanos)}, once, ${ratioWords(building.ratio, building.interval)}, and a warm call ${ratioWords(ratio, interval)} the time`;
}

const sizesOf = ({ sizes }: TriedTraffic): string => sizes.map(({ batch, calls }) => `${batch} (${calls}×)`).join(', ');

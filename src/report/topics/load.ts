import { bestBatching, bestCarried, isLate, risingRates, type RisingRates } from '../../analyse/findings/load.js';
import type { Arrivals, BatchWindow, LoadFigure } from '../../model/load.js';
import { html } from '../html.js';
import { figureColumn, tableHtml, tableMarkdown, words, type Table } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { formatCount, formatEstimate, formatShare, formatTime } from '../words.js';

/** Requests that came at a rate, at recorded moments, or from several callers. */
export const LOAD: Topic = {
  id: 'load',
  nav: 'Load',
  title: 'Under load',
  shown: ({ analysis }) => (analysis.loads ?? []).length > 0,
  html: ({ analysis: { loads = [] } }) => {
    const { method, sentences, table, windows } = factsOf(loads);
    return html`${sentences.map((sentence) => html`<p>${sentence}</p>`)} ${tableHtml(table)}
      <p class="muted">${method}</p>
      ${windows.map(({ sentence, table }) => html`<p>${sentence}</p>${tableHtml(table)}`)}`;
  },
  markdown: ({ analysis: { loads = [] } }) => {
    const { method, sentences, table, windows } = factsOf(loads);
    const blocks = windows.flatMap(({ sentence, table }) => [escapeMarkdown(sentence), tableMarkdown(table)]);
    return [...sentences.map(escapeMarkdown), tableMarkdown(table), escapeMarkdown(method), ...blocks].join('\n\n');
  },
};

/** The load in a sentence: of rising rates, how far it keeps up; else of the variant that carries it best. */
export function loadHeadline(loads: readonly LoadFigure[]): string | undefined {
  const rising = risingRates(loads);
  if (rising !== null) return joined(risingSentence(rising), batchSentence(rising.last));
  const best = bestCarried(loads);
  return best === undefined ? undefined : joined(sentenceOf(best), batchSentence(best));
}

const joined = (...parts: readonly (string | undefined)[]): string => parts.filter((part) => part !== undefined).join(' ');

function risingSentence({ first, below, above }: RisingRates): string {
  if (below === null) return `${first.variant} does not even keep up with ${arrivalWords(first.arrivals)}.`;
  const carries = `${first.variant} keeps up with ${arrivalWords(below.arrivals)}, where a request takes ${formatTime(below.latencyNanos.p50)} (median) and a call ${formatTime(below.callNanos)} (mean)`;
  return above === null ? `${carries}; no higher rate was tried.` : `${carries}; with ${arrivalWords(above.arrivals)} the queue grows.`;
}

function factsOf(loads: readonly LoadFigure[]) {
  const [first] = loads;
  return {
    method: first === undefined ? '' : methodOf(first),
    sentences: sentencesOf(loads),
    table: tableOf(loads),
    windows: loads.flatMap((load) => {
      const sentence = batchSentence(load);
      return sentence === undefined ? [] : [{ sentence: `${load.variant}: ${sentence}`, table: windowTable(load) }];
    }),
  };
}

function sentencesOf(loads: readonly LoadFigure[]): readonly string[] {
  const rising = risingRates(loads);
  return rising === null ? loads.map(sentenceOf) : [risingSentence(rising)];
}

/** `50 requests/s at random moments`. */
function arrivalWords(arrivals: Arrivals): string {
  switch (arrivals.kind) {
    case 'poisson':
      return `${perSecond(arrivals.perSecond)} at random moments`;
    case 'constant':
      return `${perSecond(arrivals.perSecond)} in even gaps`;
    case 'trace':
      return `the ${perSecond(arrivals.perSecond)} of ${arrivals.name}`;
    case 'closed':
      return arrivals.callers === 1 ? 'one caller' : `${formatCount(arrivals.callers)} callers`;
  }
}

const perSecond = (rate: number): string => `${formatEstimate(rate)} requests/s`;

function methodOf({ arrivals, seconds }: LoadFigure): string {
  const how =
    arrivals.kind === 'closed'
      ? 'Each caller asks again once it has its answer, so a slow answer also means fewer requests.'
      : 'Requests come whether the ones before are answered or not, and a latency counts from the moment at which its request was due: waiting is in it.';
  return `${how} Each variant got them for ${formatTime(seconds * 1e9)}, one process, without recording; calls wait for each other on the JavaScript thread.`;
}

function sentenceOf(load: LoadFigure): string {
  const { variant, arrivals, answered, unserved, latencyNanos, waitNanos, callNanos, busyShare, failure } = load;
  if (failure !== undefined) return `${variant} stopped after ${formatCount(answered)} answers: ${failure.replace(/\.$/, '')}.`;
  if (answered === 0) return `${variant} answered none of ${formatCount(unserved)} requests.`;
  if (arrivals.kind !== 'closed' && !load.keepsUp)
    return `${variant} does not keep up with ${arrivalWords(arrivals)}: it answers ${formatEstimate(load.answeredPerSecond)}/s; a call takes ${formatTime(callNanos)} (mean). The queue grows as long as the load lasts: ${unserved > 0 ? `${formatCount(unserved)} requests were waiting at its end, and ` : ''}the longest wait was ${formatTime(waitNanos.max)}.`;
  const carries =
    arrivals.kind === 'closed'
      ? `${variant} gives ${arrivalWords(arrivals)} ${formatEstimate(load.answeredPerSecond)} answers/s`
      : `${variant} keeps up with ${arrivalWords(arrivals)}, and runs ${formatShare(busyShare)} of the time`;
  return `${carries}: a request takes ${formatTime(latencyNanos.p50)} (median). ${partsSentence(load)}`;
}

/** What a request is made of on average: these add up, medians would not. */
function partsSentence(load: LoadFigure): string {
  const { waitNanos, lateNanos, callNanos } = load;
  const call = `On average ${formatTime(callNanos)} of it is the call and ${formatTime(waitNanos.mean)} waiting for other calls`;
  if (!isLate(load)) return `${call}.`;
  return `${call}; ${formatTime(lateNanos)} it began late although no call ran, because the process was not given the processor or something else held its event loop: a quieter machine would not have that.`;
}

const orTooFew = (value: number | null): string => (value === null ? 'too few' : formatTime(value));

function tableOf(loads: readonly LoadFigure[]): Table {
  return {
    columns: [
      words('Variant'),
      words('keeps up'),
      ...['requests/s', 'answers/s', 'p50', 'p90', 'p99', 'longest', 'waiting (mean)', 'late (mean)', 'call (mean)', 'unanswered'].map(
        figureColumn,
      ),
    ],
    rows: loads.map((load) => [
      load.variant,
      load.arrivals.kind === 'closed' ? '–' : yesOrNo(load),
      formatEstimate(load.offeredPerSecond),
      formatEstimate(load.answeredPerSecond),
      ...percentiles(load),
      formatTime(load.latencyNanos.max),
      formatTime(load.waitNanos.mean),
      formatTime(load.lateNanos),
      formatTime(load.callNanos),
      formatCount(load.unserved),
    ]),
  };
}

const yesOrNo = ({ keepsUp }: Pick<LoadFigure, 'keepsUp'>): string => (keepsUp ? 'yes' : 'no');

/** Of a queue that grows there are none: they would only say how long the load lasted. */
const percentiles = ({ keepsUp, latencyNanos: { p50, p90, p99 } }: Pick<LoadFigure, 'keepsUp' | 'latencyNanos'>): string[] =>
  keepsUp ? [formatTime(p50), orTooFew(p90), orTooFew(p99)] : ['–', '–', '–'];

/** What the best window would do; undefined where none was tried. */
function batchSentence(load: LoadFigure): string | undefined {
  const batching = bestBatching(load);
  if (batching === null) return undefined;
  if (batching.kind === 'does-not-keep-up') return 'Collecting requests into batches would not keep up either.';
  if (batching.kind === 'not-shorter') return 'Collecting requests into batches would not shorten them.';
  const { window, of, nanos, insteadOfNanos } = batching;
  const what = of === 'p50' ? 'half of the requests' : '90 % of the requests';
  const instead =
    insteadOfNanos === null ? '' : ` instead of ${formatTime(insteadOfNanos)} without batches, on a machine that nothing disturbs`;
  return `Batches of ${windowWords(window)} would answer ${what} within ${formatTime(nanos)}${instead} (worked out from measured calls), with ${formatEstimate(window.meanRequests)} requests in a call.`;
}

const windowWords = ({ windowNanos, maxRequests }: BatchWindow): string =>
  windowNanos === 0 ? `what waits already (${formatCount(maxRequests)} at most)` : `requests that come within ${formatTime(windowNanos)}`;

function windowTable(load: LoadFigure): Table {
  const row = (name: string, meanRequests: number, of: Pick<LoadFigure, 'keepsUp' | 'latencyNanos'>): string[] => [
    name,
    yesOrNo(of),
    formatEstimate(meanRequests),
    ...percentiles(of),
    formatTime(of.latencyNanos.max),
  ];
  return {
    columns: [words('Batch window'), words('keeps up'), ...['requests in a call', 'p50', 'p90', 'p99', 'longest'].map(figureColumn)],
    rows: [
      row('none, as measured', 1, load),
      ...load.windows
        .filter((window) => window.keepsUp || window.maxRequests === 1)
        .map((window) => row(windowName(window), window.meanRequests, window)),
    ],
  };
}

function windowName({ windowNanos, maxRequests }: BatchWindow): string {
  if (maxRequests === 1) return 'none, worked out';
  return windowNanos === 0 ? 'what waits already' : formatTime(windowNanos);
}

import { expect } from 'vitest';
import { reportObject } from '../../src/report/report-json.js';
import { isSized, type Topic, type TopicInput } from '../../src/report/topic.js';
import { TOPICS } from '../../src/report/topics.js';
import { formatFactor, formatRatio, formatShare, formatTime } from '../../src/report/words.js';

/** Topics whose figures on the page stand in the text of another one, and which. */
const TOLD_IN: Readonly<Record<string, string>> = {
  // In the text the parts of a bar are characters; their shares are in the ledger's table.
  stages: 'ledger',
};

/** Topics whose text has figures that their markup has not, and why. */
const DRAWN: Readonly<Record<string, string>> = {
  verdict: 'what was measured stands in the head of the page',
  flame: 'drawn by the browser',
  diff: 'drawn by the browser',
  calls: 'the page draws each call: how many, the shortest and the longest',
};

/** What a reader sees: no pictures, whose scales are no figures of the run, and nothing that only repeats a label. */
export const visible = (markup: string): string =>
  markup
    .replace(/<svg[\s\S]*?<\/svg\s*>|<noscript>[\s\S]*?<\/noscript>|<(\w+)[^>]*aria-hidden="true"[^>]*>[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ');

const UNIT = /ns|µs|ms|s|%|×|bytes|[KMGT]iB|[kMGTP]?(?:FLOP\/s|B\/s|Hz)/.source;
/** Numbers with their signs and units, none that is a part of a name. */
export const figuresOf = (text: string): string[] =>
  [...text.matchAll(new RegExp(`∞|(?<![\\w.,/:-])[<+−]?\\d[\\d,]*(?:\\.\\d+)?(?: ?(?:${UNIT}))?(?!\\w)`, 'g'))].map(([figure]) => figure);

export const pageOf = (topic: Topic, input: TopicInput): string => {
  const made = topic.html(input);
  return visible((isSized(made) ? made.markup : made).toString());
};
const textOf = ({ markdown }: Topic, input: TopicInput): string =>
  typeof markdown === 'function' ? markdown(input).replace(/^1\. /gm, '').replace(/\\(.)/g, '$1') : '';
export const shownOf = (input: TopicInput): readonly Topic[] => TOPICS.filter((topic) => topic.shown?.(input) ?? true);

/** Sees that each topic of a report gives the same figures on the page and in the text, spelled alike. */
export function expectSameFigures(input: TopicInput): void {
  for (const topic of shownOf(input)) {
    const told = TOPICS.find(({ id }) => id === TOLD_IN[topic.id]);
    const [page, text, elsewhere] = [pageOf(topic, input), textOf(topic, input), told === undefined ? '' : textOf(told, input)].map(
      figuresOf,
    );
    const missing = (from: readonly string[], ...others: readonly string[][]) => from.filter((figure) => !others.flat().includes(figure));
    expect(missing(page!, text!, elsewhere!), `${topic.id}: on the page, not in the text`).toEqual([]);
    if (DRAWN[topic.id] === undefined) expect(missing(text!, page!), `${topic.id}: in the text, not on the page`).toEqual([]);
  }
}

/** Sees that `report.json` holds what page and text say, in numbers that are spelled as there. */
export function expectSameAsJson(input: TopicInput): void {
  const { headline, variants, comparisons, advice } = reportObject(input.analysis);
  const told = (id: string): readonly string[] =>
    shownOf(input)
      .filter((topic) => topic.id === id)
      .flatMap((topic) => [pageOf(topic, input), textOf(topic, input)]);
  const [page, text] = told('verdict');
  for (const form of [page, text]) for (const words of [headline.use, headline.sure]) expect(form).toContain(words);
  expect(text).toContain(headline.act);
  for (const form of told('comparison'))
    for (const { ratio, interval, verdict } of comparisons) {
      const [low, high] = interval.map(formatFactor);
      expect(figuresOf(form)).toEqual(expect.arrayContaining([formatFactor(ratio), low, high]));
      if (verdict === 'faster') expect(form).toContain(formatRatio(ratio));
    }
  const measured = variants.filter(({ calls }) => calls > 0);
  for (const form of told('calls'))
    for (const { latencyNanos } of measured) expect(figuresOf(form)).toEqual(expect.arrayContaining([formatTime(latencyNanos.p50)]));
  for (const form of told('ledger'))
    for (const { stages, latencyNanos } of measured)
      expect(figuresOf(form)).toEqual(
        expect.arrayContaining([
          ...Object.values(stages).flatMap(({ nanosPerCall, share }) => [formatTime(nanosPerCall), formatShare(share)]),
          formatTime(latencyNanos.mean),
        ]),
      );
  for (const form of told('advice'))
    for (const { saving } of advice) if (saving !== null) expect(form).toContain(formatShare(saving.share));
}

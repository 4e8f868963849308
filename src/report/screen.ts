import { firstToShow, isMeasured } from '../analyse/findings/variants.js';
import { shortText } from '../model/short-text.js';
import type { Analysis } from '../model/analysis.js';
import { loadHeadline } from './topics/load.js';
import { stageBarLines } from './topics/stages.js';
import { headlineOf } from './topics/verdict.js';
import { formatCount, formatTime } from './words.js';

/** Bars beside the baseline's: all of eleven variants would push the verdict off the screen. */
const MAX_BARS = 4;
/** Of those that say that figures are missing; the others are in the report. */
const MAX_NOTES = 3;
const NARROWEST = 60;
const WIDEST = 100;

export interface ScreenOptions {
  /** Where the page is, as the user can open it. */
  readonly report: string;
  /** What shows it. */
  readonly open: string;
  /** Columns of the terminal. */
  readonly columns?: number;
}

/** One screen: verdict, stage bars of the baseline and the fastest variants, what to do, how sure, where the report is. */
export function renderScreen(analysis: Analysis, { report, open, columns = WIDEST }: ScreenOptions): string {
  const width = Math.max(NARROWEST, Math.min(WIDEST, columns));
  const { use, sure, act } = headlineOf(analysis);
  const load = loadHeadline(analysis.loads ?? []);
  const bars = firstToShow({ ...analysis, variants: analysis.variants.filter(isMeasured) }, MAX_BARS);
  const more = analysis.variants.length - bars.length;
  const notes = (analysis.missing ?? []).slice(0, MAX_NOTES);
  const term = (name: string, text: string): string => wrapped(`${name.padEnd(12)}${plain(text)}`, width, 12);
  return [
    wrapped(plain(use), width, 0),
    ...(bars.length === 0
      ? []
      : [
          '',
          ...stageBarLines(bars, width - 50, ({ latencyNanos }) => formatTime(latencyNanos.mean))
            .map(plain)
            .map((line, index, all) => (index === all.length - 1 ? `${line}   (mean of warm calls)` : line)),
          ...(more > 0 ? [`${formatCount(more)} more ${more === 1 ? 'variant is' : 'variants are'} in the report.`] : []),
        ]),
    '',
    term('What to do:', act),
    ...(load === undefined ? [] : [term('Under load:', load)]),
    term('How sure:', [sure, analysis.trust?.sentence ?? ''].filter((part) => part !== '').join(' ')),
    ...notes.map((note) => term('Note:', note)),
    `${'Report:'.padEnd(12)}${plain(report)}`,
    `${'To open it:'.padEnd(12)}${plain(open)}   (all figures here: --full)`,
  ].join('\n');
}

/** Names come from models: what a terminal would obey is not passed on, and backticks mark code in the page only. */
const plain = (text: string): string =>
  shortText(text)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]+/g, ' ')
    .replaceAll('`', '');

/** Breaks between words; later lines are indented. A word longer than a line stays whole, so that it can be copied. */
function wrapped(text: string, width: number, indent: number): string {
  const lines = [''];
  for (const word of text.split(/ (?! *$)/)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(' '.repeat(indent) + word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

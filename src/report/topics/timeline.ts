import type { Topic } from '../topic.js';
import { drawnByBrowser } from './drawn-by-browser.js';

/** Single calls span by span, where the recordings are at hand. */
export const TIMELINE: Topic = {
  id: 'timeline',
  nav: 'Timeline',
  title: 'Single calls in time order',
  shown: ({ extras }) => (extras.recordings ?? []).some(({ spans }) => spans.length > 0),
  html: () => drawnByBrowser('call-view'),
  markdown: { none: 'a picture of single calls, thousands of spans; `export --to chrome-trace` has them all' },
};

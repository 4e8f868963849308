import type { Topic } from '../topic.js';
import { drawnByBrowser } from './drawn-by-browser.js';

/** Who calls an operation and what it calls, for the operation that the reader picks. */
export const CALLERS: Topic = {
  id: 'sandwich',
  nav: 'Callers',
  title: 'Callers and callees of an operation',
  shown: ({ analysis }) => analysis.variants.some(({ tree }) => tree.children.length > 0),
  html: () => drawnByBrowser('sandwich-view'),
  markdown: { none: 'it answers for one operation that the reader picks; `export --to collapsed` has all stacks' },
};

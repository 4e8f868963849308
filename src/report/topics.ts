import type { VariantAnalysis } from '../model/analysis.js';
import { html, type Html } from './html.js';
import type { Section } from './topic.js';
import { renderAbout, renderAdvice, renderNotes } from './topics/about.js';
import { renderComparisons } from './topics/comparison.js';
import { renderLatency } from './topics/latency.js';
import { renderModels } from './topics/models.js';
import { renderMemory } from './topics/memory.js';
import { hasOperations, renderOperations } from './topics/operations/html.js';
import { renderPasses } from './topics/passes.js';
import { hasLineUps, renderLayers } from './topics/layers/html.js';
import { hasLoops, renderLoops } from './topics/loops.js';
import { renderRoofline } from './topics/roofline.js';
import { renderSignatures } from './topics/signatures/html.js';
import { inReadingOrder } from './topics/verdict.js';
import { renderStages } from './topics/stages.js';
import { renderTrust } from './topics/trust.js';
import { renderCold, renderKernels, renderLedger } from './topics/kernels.js';

/**
 * The report's sections from top to bottom, after the verdict. What the page's script draws (flamegraphs) is an empty
 * host here.
 */
export const SECTIONS: readonly Section[] = [
  {
    id: 'models',
    nav: 'Models',
    title: 'Models',
    shown: ({ analysis }) => (analysis.models ?? []).length > 1,
    render: ({ analysis }) => renderModels(analysis),
  },
  {
    id: 'stages',
    nav: 'Stages',
    title: 'Where a call’s time goes',
    shown: ({ analysis }) => analysis.variants.some(isMeasured),
    render: ({ analysis }) => renderStages(inReadingOrder(analysis).filter(isMeasured)),
  },
  {
    id: 'comparison',
    nav: 'Comparison',
    title: 'Which variant is faster',
    render: ({ analysis }) => renderComparisons(analysis.comparisons, analysis.confidence),
  },
  { id: 'flame', nav: 'Flamegraph', title: 'Flamegraph', render: () => drawnByScript('flame-view') },
  {
    id: 'diff',
    nav: 'Difference',
    title: 'What differs',
    shown: ({ analysis }) => analysis.comparisons.length > 0,
    render: () => drawnByScript('diff-view'),
  },
  {
    id: 'operations',
    nav: 'Operations',
    title: 'Operation by operation',
    shown: ({ analysis }) => hasOperations(analysis),
    render: ({ analysis }) => renderOperations(analysis),
  },
  {
    id: 'sandwich',
    nav: 'Callers',
    title: 'Callers and callees of an operation',
    shown: ({ analysis }) => analysis.variants.some(({ tree }) => tree.children.length > 0),
    render: () => drawnByScript('sandwich-view'),
  },
  {
    id: 'timeline',
    nav: 'Timeline',
    title: 'Single calls in time order',
    shown: ({ extras }) => (extras.recordings ?? []).some(({ spans }) => spans.length > 0),
    render: () => drawnByScript('call-view'),
  },
  {
    id: 'layers',
    nav: 'Layers',
    title: 'Layer by layer',
    shown: ({ analysis }) => hasLineUps(analysis),
    render: ({ analysis }) => renderLayers(analysis),
  },
  { id: 'kernels-section', nav: 'Kernels', title: 'Kernels', render: ({ analysis }) => renderKernels(analysis.variants) },
  {
    id: 'loops',
    title: 'Loops, iteration by iteration',
    shown: ({ analysis }) => hasLoops(analysis.variants),
    render: ({ analysis }) => renderLoops(analysis.variants),
  },
  {
    id: 'roofline',
    nav: 'Roofline',
    title: 'Kernels against the machine',
    shown: ({ analysis }) => analysis.peak !== null,
    render: ({ analysis }) => renderRoofline(analysis),
  },
  {
    id: 'calls',
    nav: 'Calls',
    title: 'Calls, from cold to warm',
    render: ({ analysis }) =>
      html`${renderLatency(analysis.variants)}
        <h3>Cold calls</h3>
        ${renderCold(analysis.variants)}
        <h3>Memory held</h3>
        ${renderMemory(analysis)}`,
  },
  {
    id: 'passes',
    title: 'Graph optimisation',
    shown: ({ analysis }) => analysis.passes !== undefined,
    render: ({ analysis }) => renderPasses(analysis),
  },
  {
    id: 'signatures',
    nav: 'Shapes',
    title: 'What each input shape costs',
    shown: ({ analysis }) => analysis.signatures.length > 0,
    render: ({ analysis }) => renderSignatures(analysis),
  },
  {
    id: 'ledger',
    title: 'Stage ledger',
    shown: ({ analysis }) => analysis.variants.some(isMeasured),
    render: ({ analysis }) =>
      html`<p class="muted">Mean of each warm call. Every nanosecond belongs to one stage, so the sum is the call.</p>
        ${renderLedger(analysis.variants.filter(isMeasured))}`,
  },
  { id: 'advice', nav: 'Advice', title: 'Advice', render: ({ analysis }) => renderAdvice(analysis.advice) },
  {
    id: 'trust',
    nav: 'Trust',
    title: 'Can these figures be trusted?',
    render: ({ analysis }) => renderTrust(analysis.trust, analysis.confidence),
  },
  { id: 'about', nav: 'About', title: 'Model and machine', render: ({ analysis }) => renderAbout(analysis) },
  { id: 'notes', title: 'Notes and tool cost', render: ({ analysis, extras }) => renderNotes(analysis, extras) },
];

/** Has warm calls: a variant without any has no figures of a warm call. */
const isMeasured = ({ calls }: VariantAnalysis): boolean => calls > 0;

const drawnByScript = (host: string): Html =>
  html`<noscript><p class="muted">The flamegraphs need this file's own script; everything else is here without it.</p></noscript>
    <div id="${host}"></div>`;

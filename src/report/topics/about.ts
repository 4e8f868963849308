import type { Advice, Analysis } from '../../model/analysis.js';
import type { TensorSignature, ToolCost } from '../../model/recording.js';
import { html, type Html } from '../html.js';
import type { ReportExtras } from '../input.js';
import { formatBytes, formatCount, formatShare, formatTime } from '../words.js';

/** Advice with its evidence and what it would save. */
export function renderAdvice(advice: readonly Advice[]): Html {
  if (advice.length === 0) return html`<p class="muted">Nothing measured here calls for a change.</p>`;
  return html`<ol class="advice">
    ${advice.map((item) => html`<li><b>${item.sentence}</b> ${saving(item)}<br /><span class="muted">${item.evidence}</span></li>`)}
  </ol>`;
}

function saving({ saving: saved, verified }: Advice): Html | string {
  if (saved === null) return '';
  return html`<span class="tag"
    >${verified ? 'measured' : 'estimated'}: saves ${formatShare(saved.share)} of ${saved.of ?? 'a call'} (${formatShare(saved.interval[0])}
    to ${formatShare(saved.interval[1])})</span
  >`;
}

/** Model and machine, as a list of terms. */
export function renderAbout(analysis: Analysis): Html {
  const { model, environment: env } = analysis;
  return html`<div class="columns">
    ${terms('Model', [
      ['name', model.name],
      ['runtime', analysis.runtime],
      ['input fed', `${analysis.inputSignature}, batch ${analysis.batch}`],
      ['inputs', model.inputs.map(signature).join('\n')],
      ['outputs', model.outputs.map(signature).join('\n')],
      ['parameters', model.parameters === null ? null : formatCount(model.parameters)],
      ['nodes', model.nodes === null ? null : formatCount(model.nodes)],
      ['SHA-256', model.sha256],
      ['path', model.path],
    ])}${terms('Machine', [
      ['backend', env.backend],
      ['TensorFlow', env.tensorflow],
      [
        'packages',
        Object.entries(env.packages)
          .map(([name, version]) => `${name} ${version}`)
          .join('\n'),
      ],
      ['threads', `intra-op ${env.threads.intraOp ?? 'library default'}, inter-op ${env.threads.interOp ?? 'library default'}`],
      ['Node.js', `${env.node} (V8 ${env.v8})`],
      ['CPU', `${env.cpu} × ${env.cpuCount}, ${env.arch}, ${env.platform}`],
      ['memory', formatBytes(env.memoryBytes)],
      [
        'flags',
        Object.entries(env.flags)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n'),
      ],
      ['Inferscope', env.inferscope],
    ])}
  </div>`;
}

function terms(title: string, entries: readonly (readonly [string, string | null])[]): Html {
  const shown = entries.filter(([, value]) => value !== null && value !== '');
  return html`<div>
    <h3>${title}</h3>
    <dl>
      ${shown.map(
        ([term, value]) =>
          html`<dt>${term}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
  </div>`;
}

const signature = ({ name, dtype, shape }: TensorSignature): string =>
  `${name}: ${dtype}[${shape.map((size) => (size < 0 ? '?' : size)).join(',')}]`;

/** What was recorded, what the tool cost, notes of the analysis, and files beside the report. */
export function renderNotes(analysis: Analysis, extras: ReportExtras): Html {
  const { spans } = analysis;
  const exported = spans.accepted === null ? 'none sent over OTLP' : `${formatCount(spans.accepted)} accepted by the collector`;
  const links = (extras.links ?? []).filter(({ href }) => isSafeAddress(href));
  return html`<ul>
      <li>${formatCount(spans.recorded)} spans recorded, ${formatCount(spans.lost)} lost, ${exported}.</li>
      ${extras.tool === undefined ? '' : toolCost(extras.tool)}${analysis.variants.filter((v) => v.errors > 0).map((v) => html`<li>${v.key}: ${formatCount(v.errors)} calls failed.</li>`)}
      ${analysis.notes.map((note) => html`<li>${note}</li>`)}
    </ul>
    ${links.length === 0 ? '' : html`<p>Files of this run: ${links.map(({ label, href }, i) => html`${i > 0 ? ' · ' : ''}<a href="${href}">${label}</a>`)}</p>`}`;
}

const toolCost = (tool: ToolCost): Html =>
  html`<li>
    Measuring itself costs ${formatTime(tool.insideNanos)} inside and ${formatTime(tool.outsideNanos)} outside of each span; the clock
    resolves ${formatTime(tool.clockResolutionNanos)}. A frame shorter than that says little.
  </li>`;

/** Relative addresses and http(s) only: never `javascript:`. */
export const isSafeAddress = (href: string): boolean => /^https?:\/\//i.test(href) || !/^[\s\u0000-\u001f]*[a-z][a-z0-9+.-]*:/i.test(href);

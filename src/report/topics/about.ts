import type { Analysis } from '../../model/analysis.js';
import type { TensorSignature } from '../../model/recording.js';
import { html } from '../html.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { formatBytes, formatCount } from '../words.js';

/** Model and machine. */
export const ABOUT: Topic = {
  id: 'about',
  nav: 'About',
  title: 'Model and machine',
  html: ({ analysis }) =>
    html`<div class="columns">
      ${factsOf(analysis).map(
        ({ heading, terms }) =>
          html`<div>
            <h3>${heading}</h3>
            <dl>
              ${terms.map(
                ([term, value]) =>
                  html`<dt>${term}</dt>
                    <dd>${value}</dd>`,
              )}
            </dl>
          </div>`,
      )}
    </div>`,
  markdown: ({ analysis }) =>
    factsOf(analysis)
      .map(
        ({ heading, terms }) =>
          `### ${heading}\n\n${terms.map(([term, value]) => `- ${term}: ${value.split('\n').map(escapeMarkdown).join(', ')}`).join('\n')}`,
      )
      .join('\n\n'),
};

interface Part {
  readonly heading: string;
  readonly terms: readonly (readonly [term: string, value: string])[];
}

/** Terms that have a value; one of several lines has one a line. */
const factsOf = (analysis: Analysis): readonly Part[] => [
  { heading: 'Model', terms: known(modelTerms(analysis)) },
  { heading: 'Machine', terms: known(machineTerms(analysis)) },
];

type Terms = readonly (readonly [term: string, value: string | null])[];

const known = (terms: Terms): Part['terms'] =>
  terms.flatMap(([term, value]) => (value === null || value === '' ? [] : [[term, value] as const]));

const modelTerms = ({ model, runtime, inputSignature, batch }: Analysis): Terms => [
  ['name', model.name],
  ['runtime', runtime],
  ['input fed', `${inputSignature}, batch ${batch}`],
  ['inputs', model.inputs.map(signature).join('\n')],
  ['outputs', model.outputs.map(signature).join('\n')],
  ['parameters', model.parameters === null ? null : formatCount(model.parameters)],
  ['nodes', model.nodes === null ? null : formatCount(model.nodes)],
  ['SHA-256', model.sha256],
  ['path', model.path],
];

const machineTerms = ({ environment: env }: Analysis): Terms => [
  ['backend', env.backend],
  ['TensorFlow', env.tensorflow],
  ['packages', pairs(env.packages, ' ')],
  ['threads', `intra-op ${env.threads.intraOp ?? 'library default'}, inter-op ${env.threads.interOp ?? 'library default'}`],
  ['Node.js', `${env.node} (V8 ${env.v8})`],
  ['CPU', `${env.cpu} × ${env.cpuCount}, ${env.arch}, ${env.platform}`],
  ['memory', formatBytes(env.memoryBytes)],
  ['flags', pairs(env.flags, '=')],
  ['Inferscope', env.inferscope],
];

const pairs = (values: Readonly<Record<string, string>>, between: string): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}${between}${value}`)
    .join('\n');

const signature = ({ name, dtype, shape }: TensorSignature): string =>
  `${name}: ${dtype}[${shape.map((size) => (size < 0 ? '?' : size)).join(',')}]`;

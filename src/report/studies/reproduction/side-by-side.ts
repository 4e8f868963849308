import { addToGroup } from '../../../model/add-to-group.js';
import type { Claim, Reproduction } from '../../../model/claim.js';
import { figure } from '../../words/claims.js';
import { markdownTable } from '../../text-table.js';

/** A reproduction and the heading of its column: `TensorFlow 2.0.0`. */
export interface ClaimColumn {
  readonly heading: string;
  readonly reproduction: Reproduction;
}

/** The same as a document of its own. */
export const renderSideBySideDocument = (columns: readonly ClaimColumn[]): string =>
  `# Published figures, repeated\n\n${renderClaimsSideBySide(columns)}\n`;

/**
 * One Markdown table per experiment: the published figure, then ours of each environment with its interval and verdict.
 * Below it what could not be measured, and why.
 */
export function renderClaimsSideBySide(columns: readonly ClaimColumn[]): string {
  const all = columns.flatMap(({ reproduction }) => reproduction.claims);
  const experiments = [...new Set(all.map(({ experiment }) => experiment))];
  const tables = experiments.map(
    (experiment) => `## ${experiment}\n\n${tableOf(columns, distinct(all.filter((claim) => claim.experiment === experiment)))}`,
  );
  const machines = columns.map(
    ({ heading, reproduction }) => `- ${heading}: ${reproduction.machine.map(([what, value]) => `${what} ${value}`).join(', ')}.`,
  );
  const notes = columns.flatMap(({ heading, reproduction }) =>
    [...reproduction.notes, ...reasons(reproduction)].map((note) => `- ${heading}: ${note}`),
  );
  return [
    ...tables,
    ['## Machines', '', ...machines].join('\n'),
    ...(notes.length > 0 ? [['## Notes', '', ...notes].join('\n')] : []),
  ].join('\n\n');
}

const distinct = (claims: readonly Claim[]): Claim[] => [...new Map(claims.map((claim) => [claim.id, claim])).values()];

function tableOf(columns: readonly ClaimColumn[], questions: readonly Claim[]): string {
  const rows = questions.map(({ id, what, unit, published, source }) => [
    what,
    published === null ? '–' : `${figure(unit, published)}${source === 'repeated' ? ' (repeated)' : ''}`,
    ...columns.flatMap(({ reproduction }) => cells(reproduction.claims.find((claim) => claim.id === id))),
  ]);
  const headings = ['figure', 'published', ...columns.flatMap(({ heading }) => [heading, 'verdict'])];
  return markdownTable(headings, ['left', 'right', ...columns.flatMap(() => ['right', 'left'] as const)], rows);
}

function cells(claim: Claim | undefined): [string, string] {
  if (claim === undefined || claim.measured === null) return ['–', claim === undefined ? '' : 'not measured'];
  const { unit, measured, interval, verdict } = claim;
  const range = unit === 'count' || interval === null ? '' : ` (${figure(unit, interval[0])} – ${figure(unit, interval[1])})`;
  return [`${figure(unit, measured)}${range}`, verdict];
}

const reasons = ({ claims }: Reproduction): string[] => {
  const byReason = new Map<string, string[]>();
  for (const { id, measured, sentence } of claims) {
    if (measured !== null) continue;
    const reason = sentence.slice(sentence.indexOf('inconclusive: ') + 'inconclusive: '.length);
    addToGroup(byReason, reason, id);
  }
  return [...byReason].map(([reason, ids]) => `${ids.join(', ')}: ${reason}`);
};

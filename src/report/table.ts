import { middleLeftOut } from '../model/short-text.js';
import type { Stage } from '../model/stage.js';
import { html, type Html } from './html.js';
import { codeSpan, escapeMarkdown, markdownTable } from './text-table.js';
import { stageTitle } from './words.js';

/** `small`: words that may be many. */
export type ColumnKind = 'words' | 'code' | 'figure' | 'small';

export interface TableColumn {
  readonly heading: string;
  readonly kind: ColumnKind;
  /** Whose figures it has: its colour stands before the heading. */
  readonly stage?: Stage;
}

/** What stands in a cell, and less important words `beside` it; where it names a stage, the page shows its colour. */
export type Cell = string | { readonly text: string; readonly beside?: string; readonly stage?: Stage };

/** A table as facts, for the page and for the text. The first column names the row. */
export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly Cell[])[];
  /** Rows that add up those above them. */
  readonly sums?: readonly (readonly Cell[])[];
}

/** With more columns than this what stands beside a figure goes below it, so that the table fits a page. */
const MANY_COLUMNS = 7;

/** Rows as columns, for more columns than fit a page; `heading`: of what the columns were. */
export function turned({ columns, rows, sums = [] }: Table, heading: string): Table {
  const all = [...rows, ...sums];
  return {
    columns: [
      words(heading),
      ...all.map(([name = '']): TableColumn => ({ ...withStage(partsOf(name)), heading: partsOf(name).text, kind: 'figure' })),
    ],
    rows: columns.slice(1).map(({ heading: name }, at) => [name, ...all.map((row) => row[at + 1] ?? '')]),
  };
}

const partsOf = (cell: Cell): Exclude<Cell, string> => (typeof cell === 'string' ? { text: cell } : cell);
const withStage = ({ stage }: { readonly stage?: Stage }): { readonly stage?: Stage } => (stage === undefined ? {} : { stage });

export const words = (heading: string): TableColumn => ({ heading, kind: 'words' });
export const code = (heading: string): TableColumn => ({ heading, kind: 'code' });
export const figureColumn = (heading: string): TableColumn => ({ heading, kind: 'figure' });
export const small = (heading: string): TableColumn => ({ heading, kind: 'small' });

/** The table on the page; a `tall` one scrolls in itself. */
export const tableHtml = ({ columns, rows, sums = [] }: Table, height: 'whole' | 'tall' = 'whole'): Html =>
  html`<div class="scroll${height === 'tall' ? ' tall' : ''}">
    <table ${columns.length > MANY_COLUMNS ? html` class="dense"` : ''}>
      <thead>
        <tr>
          ${columns.map(
            ({ heading, kind, stage }) =>
              html`<th scope="col" ${kind === 'figure' ? html` class="num"` : ''}${titleOf(stage)}>${headingHtml(heading, stage)}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => rowHtml(row, columns))}
      </tbody>
      ${
        sums.length === 0
          ? ''
          : html`<tfoot>
              ${sums.map((row) => rowHtml(row, columns))}
            </tfoot>`
      }
    </table>
  </div>`;

/** A longer heading would make a high one of a narrow column. */
const MAX_HEADING = 80;

/** Breaks behind the slash of a variant's key; the colour of a stage stays with its first word. */
export function headingHtml(heading: string, stage?: Stage): Html {
  if (stage === undefined) {
    const [first = '', ...parts] = middleLeftOut(heading, MAX_HEADING).split('/');
    return html`${first}${parts.map((part) => html`/<wbr />${part}`)}`;
  }
  const [word = '', ...rest] = heading.split(' ');
  return html`<span class="together">${swatchOf(stage)}${word}</span>${rest.map((next) => ` ${next}`)}`;
}

const titleOf = (stage: Stage | undefined): Html | string => (stage === undefined ? '' : html` title="${stageTitle(stage)}"`);
const swatchOf = (stage: Stage | undefined): Html | string => (stage === undefined ? '' : html`<i class="swatch s-${stage}"></i>`);

const rowHtml = (row: readonly Cell[], columns: readonly TableColumn[]): Html =>
  html`<tr>
    ${row.map((cell, at) => cellHtml(cell, at, columns[at]?.kind ?? 'words'))}
  </tr>`;

function cellHtml(cell: Cell, at: number, kind: ColumnKind): Html {
  const { text, beside = '', stage } = partsOf(cell);
  const shown = kind === 'code' && text !== '' ? html`<code>${text}</code>` : kind === 'small' ? html`<small>${text}</small>` : text;
  const body = html`${swatchOf(stage)}${shown}${beside === '' ? '' : html` <small>${beside}</small>`}`;
  if (at === 0) return html`<th scope="row" ${titleOf(stage)}>${body}</th>`;
  return kind === 'figure'
    ? html`<td class="num">${body}</td>`
    : kind === 'small'
      ? html`<td class="wide">${body}</td>`
      : html`<td>${body}</td>`;
}

/** The same in the text. */
export const tableMarkdown = ({ columns, rows, sums = [] }: Table): string =>
  markdownTable(
    columns.map(({ heading }) => escapeMarkdown(heading)),
    columns.map(({ kind }) => (kind === 'figure' ? 'right' : 'left')),
    [...rows, ...sums].map((row) => row.map((cell, at) => cellMarkdown(cell, columns[at]?.kind ?? 'words'))),
  );

function cellMarkdown(cell: Cell, kind: ColumnKind): string {
  const { text, beside = '' } = partsOf(cell);
  const shown = kind === 'code' && text !== '' ? codeSpan(text) : escapeMarkdown(text);
  return beside === '' ? shown : `${shown} (${escapeMarkdown(beside)})`;
}

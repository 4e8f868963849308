import { html, type Html } from './html.js';
import { codeSpan, escapeMarkdown, markdownTable } from './text-table.js';

/** `small`: words that may be many. */
export type ColumnKind = 'words' | 'code' | 'figure' | 'small';

export interface TableColumn {
  readonly heading: string;
  readonly kind: ColumnKind;
}

/** What stands in a cell, and less important words `beside` it. */
export type Cell = string | { readonly text: string; readonly beside: string };

/** A table as facts, for the page and for the text. The first column names the row. */
export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly Cell[])[];
}

export const words = (heading: string): TableColumn => ({ heading, kind: 'words' });
export const code = (heading: string): TableColumn => ({ heading, kind: 'code' });
export const figureColumn = (heading: string): TableColumn => ({ heading, kind: 'figure' });
export const small = (heading: string): TableColumn => ({ heading, kind: 'small' });

/** The table on the page; a `tall` one scrolls in itself. */
export const tableHtml = ({ columns, rows }: Table, height: 'whole' | 'tall' = 'whole'): Html =>
  html`<div class="scroll${height === 'tall' ? ' tall' : ''}">
    <table>
      <thead>
        <tr>
          ${columns.map(({ heading, kind }) => html`<th scope="col" ${kind === 'figure' ? html` class="num"` : ''}>${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, at) => cellHtml(cell, at, columns[at]?.kind ?? 'words'))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;

function cellHtml(cell: Cell, at: number, kind: ColumnKind): Html {
  const { text, beside } = typeof cell === 'string' ? { text: cell, beside: '' } : cell;
  const shown = kind === 'code' && text !== '' ? html`<code>${text}</code>` : kind === 'small' ? html`<small>${text}</small>` : text;
  const body = html`${shown}${beside === '' ? '' : html` <small>${beside}</small>`}`;
  if (at === 0) return html`<th scope="row">${body}</th>`;
  return kind === 'figure'
    ? html`<td class="num">${body}</td>`
    : kind === 'small'
      ? html`<td class="wide">${body}</td>`
      : html`<td>${body}</td>`;
}

/** The same in the text. */
export const tableMarkdown = ({ columns, rows }: Table): string =>
  markdownTable(
    columns.map(({ heading }) => escapeMarkdown(heading)),
    columns.map(({ kind }) => (kind === 'figure' ? 'right' : 'left')),
    rows.map((row) => row.map((cell, at) => cellMarkdown(cell, columns[at]?.kind ?? 'words'))),
  );

function cellMarkdown(cell: Cell, kind: ColumnKind): string {
  const { text, beside } = typeof cell === 'string' ? { text: cell, beside: '' } : cell;
  const shown = kind === 'code' && text !== '' ? codeSpan(text) : escapeMarkdown(text);
  return beside === '' ? shown : `${shown} (${escapeMarkdown(beside)})`;
}

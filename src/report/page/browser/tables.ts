import { el } from './dom.js';
import { expressionOf } from './search-box.js';

/** Makes the headings of every `data-sortable` table into buttons that sort it. */
export function makeSortable(table: HTMLTableElement): void {
  const headings = [...table.querySelectorAll<HTMLTableCellElement>('thead th[data-sort]')];
  headings.forEach((heading) => {
    const sort = el('button', { type: 'button', class: 'sort' }, ...heading.childNodes);
    heading.append(sort);
    sort.addEventListener('click', () => {
      const falling = heading.getAttribute('aria-sort') !== 'descending' && heading.dataset['sort'] === 'number';
      const rising = heading.getAttribute('aria-sort') !== 'ascending';
      const direction = heading.dataset['sort'] === 'number' ? (falling ? 'descending' : 'ascending') : rising ? 'ascending' : 'descending';
      headings.forEach((other) => {
        other.removeAttribute('aria-sort');
      });
      heading.setAttribute('aria-sort', direction);
      sortRows(table, heading.cellIndex, heading.dataset['sort'] === 'number', direction === 'ascending' ? 1 : -1);
    });
  });
}

function sortRows(table: HTMLTableElement, column: number, numeric: boolean, sign: 1 | -1): void {
  const body = table.tBodies[0];
  if (body === undefined) return;
  const value = (row: HTMLTableRowElement): HTMLTableCellElement | undefined => row.cells[column];
  const rows = [...body.rows].sort((a, b) => {
    if (numeric) return sign * (Number(value(a)?.dataset['value'] ?? 0) - Number(value(b)?.dataset['value'] ?? 0));
    return sign * (value(a)?.textContent ?? '').localeCompare(value(b)?.textContent ?? '');
  });
  body.append(...rows);
}

/** Connects a filter box to the table it names. */
export function makeFilter(input: HTMLInputElement): void {
  const id = input.dataset['filter'] ?? '';
  const body = document.querySelector<HTMLTableElement>(`#${id}`)?.tBodies[0];
  const count = document.querySelector(`[data-filter-count="${id}"]`);
  input.addEventListener('input', () => {
    const expression = expressionOf(input.value);
    const rows = [...(body?.rows ?? [])];
    for (const row of rows) row.hidden = !expression.test(row.textContent);
    if (count !== null) count.textContent = input.value === '' ? '' : `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  });
}

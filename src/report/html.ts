import { shortText } from '../model/short-text.js';

/**
 * Markup that cannot be injected into: every interpolated value is text and is escaped, unless it is itself
 * {@link Html}, which only this file can make.
 */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Joins template parts, escaping every value that is not already {@link Html}. */
  static of(parts: TemplateStringsArray, values: readonly HtmlValue[]): Html {
    let isInTag = false;
    const piece = (part: string, i: number): string => {
      const [opens, closes] = [part.lastIndexOf('<'), part.lastIndexOf('>')];
      if (opens !== closes) isInTag = opens > closes;
      // Attributes hold what programs compare; only what people read is shortened.
      return part + (i < values.length ? render(values[i], isInTag ? escapeHtml : shownText) : '');
    };
    return new Html(parts.map(piece).join(''));
  }

  /** Markup written by us and free of outside data: style sheets, scripts, escaped JSON. */
  static trusted(text: string): Html {
    return new Html(text);
  }

  toString(): string {
    return this.#text;
  }
}

export type HtmlValue = Html | string | number | null | undefined | readonly HtmlValue[];

/** `` html`<td>${name}</td>` ``: a piece of markup whose values are escaped. `null` and `undefined` print nothing. */
export const html = (parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html => Html.of(parts, values);

/** Text for an HTML text node or a quoted attribute value. Control characters that a browser may not show become `�`. */
export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd');
}

/** JSON that cannot leave a `<script type="application/json">`: no `<`, and no line separators that old parsers trip over. */
export const jsonForScript = (value: unknown): Html =>
  Html.trusted(
    JSON.stringify(value)
      .replace(/</g, '\\u003c')
      .replace(/\u2028/g, '\\u2028')
      .replace(/\u2029/g, '\\u2029'),
  );

const shownText = (text: string): string => escapeHtml(shortText(text));

function render(value: HtmlValue, escape: (text: string) => string): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return value.map((each) => render(each, escape)).join('');
}

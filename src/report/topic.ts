import type { Analysis } from '../model/analysis.js';
import type { Html } from './html.js';
import type { ReportExtras } from './input.js';

/** What a section of the report is drawn from. */
export interface SectionInput {
  readonly analysis: Analysis;
  readonly extras: ReportExtras;
}

/** Markup and the style rules that size it: the content security policy allows no inline style. */
export interface SizedHtml {
  readonly markup: Html;
  readonly css: string;
}

/** One section of the report: a new one is a file in `sections/` and a line in {@link SECTIONS}. */
export interface Section {
  /** Anchor of the section, also its place in the page's style sheet. */
  readonly id: string;
  readonly title: string;
  /** Word in the page's navigation; none for a section that is not listed there. */
  readonly nav?: string;
  /** False leaves the section out; without it the section is always there. */
  shown?(input: SectionInput): boolean;
  render(input: SectionInput): Html | SizedHtml;
}

export const isSized = (made: Html | SizedHtml): made is SizedHtml => 'markup' in made;

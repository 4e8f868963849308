import type { Analysis } from '../model/analysis.js';
import type { Html } from './html.js';
import type { ReportExtras } from './input.js';

/** What a topic is told from. */
export interface TopicInput {
  readonly analysis: Analysis;
  readonly extras: ReportExtras;
}

/** Markup and the style rules that size it: the content security policy allows no inline style. */
export interface SizedHtml {
  readonly markup: Html;
  readonly css: string;
}

/** Why a topic has no text. */
export interface NoText {
  readonly none: string;
}

/**
 * One topic of the report, told twice from the same facts: on the page and in the text. A new one is a file in
 * `topics/` and a line in the list of `topics.ts`.
 */
export interface Topic {
  /** Anchor of its section, also its place in the page's style sheet. */
  readonly id: string;
  /** Heading of both; without one the topic brings its own. */
  readonly title?: string;
  /** Word in the page's navigation; none for a topic that is not listed there. */
  readonly nav?: string;
  /** False leaves the topic out of both; without it the topic is always there. */
  shown?(input: TopicInput): boolean;
  html(input: TopicInput): Html | SizedHtml;
  readonly markdown: ((input: TopicInput) => string) | NoText;
}

export const isSized = (made: Html | SizedHtml): made is SizedHtml => 'markup' in made;

import { codeSpan, escapeMarkdown, markdownTable } from '../../text-table.js';
import { profilesHeadline } from './headline.js';
import { shiftsTable, topFramesTable, type PlainTable } from './tables.js';
import { notesOf, type ProfilesView } from './view.js';

const MAX_ROWS = 12;

/** Profiles of other tools as Markdown that also reads well in a terminal: the same facts as their page. */
export function renderProfilesMarkdown(view: ProfilesView): string {
  const { use, sure, act } = profilesHeadline(view);
  const blocks = [
    `# ${escapeMarkdown(use)}`,
    `${escapeMarkdown(sure)}\n\n**What to do:** ${escapeMarkdown(act)}`,
    ...view.comparisons.map(
      (comparison) =>
        `## What differs: ${escapeMarkdown(comparison.baseline)} → ${escapeMarkdown(comparison.candidate)}\n\n${draw(shiftsTable(comparison, MAX_ROWS))}`,
    ),
    ...view.profiles.map(
      (profile) => `## Top frames: ${escapeMarkdown(profile.name)} (${profile.format})\n\n${draw(topFramesTable(profile, MAX_ROWS))}`,
    ),
    notesOf(view).length === 0
      ? ''
      : `## Notes\n\n${notesOf(view)
          .map((note) => `- ${escapeMarkdown(note)}`)
          .join('\n')}`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** Names are code, so that nothing in them is markup; the other cells are words and figures of ours. */
const draw = ({ headings, rows, empty }: PlainTable): string =>
  rows.length === 0
    ? empty
    : markdownTable(
        headings,
        headings.map((_, column) => (column < 2 ? 'left' : 'right')),
        rows.map(([name = '', ...cells]) => [codeSpan(name), ...cells]),
      );

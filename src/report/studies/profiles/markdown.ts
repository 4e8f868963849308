import { tableMarkdown } from '../../table.js';
import { escapeMarkdown } from '../../text-table.js';
import { headlineMarkdown } from '../../topics/verdict.js';
import { pathSentences, pathTable } from './critical-path.js';
import { profilesHeadline } from './headline.js';
import { shiftsTable, topFramesTable, type ProfileFrameTable } from './tables.js';
import { notesOf, type ProfilesView } from './view.js';

const MAX_ROWS = 12;

/** Profiles of other tools as Markdown that also reads well in a terminal: the same facts as their page. */
export function renderProfilesMarkdown(view: ProfilesView): string {
  const blocks = [
    headlineMarkdown(profilesHeadline(view)),
    ...view.comparisons.map(
      (comparison) =>
        `## What differs: ${escapeMarkdown(comparison.baseline)} → ${escapeMarkdown(comparison.candidate)}\n\n${framesMarkdown(shiftsTable(comparison, MAX_ROWS))}`,
    ),
    ...view.paths.map(
      ({ profile, path }) =>
        `## Critical path: ${escapeMarkdown(profile)}\n\n${tableMarkdown(pathTable(path, MAX_ROWS))}\n\n${escapeMarkdown(pathSentences(path).join(' '))}`,
    ),
    ...view.profiles.map(
      (profile) =>
        `## Top frames: ${escapeMarkdown(profile.name)} (${profile.format})\n\n${framesMarkdown(topFramesTable(profile, MAX_ROWS))}`,
    ),
    notesOf(view).length === 0
      ? ''
      : `## Notes\n\n${notesOf(view)
          .map((note) => `- ${escapeMarkdown(note)}`)
          .join('\n')}`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

const framesMarkdown = (table: ProfileFrameTable): string => (table.rows.length === 0 ? table.empty : tableMarkdown(table));

import { UserError, EXIT } from '../model/errors.js';
import type { ForeignProfile } from '../model/foreign.js';
import { foldTree, renderDiffFolded, renderFoldedStacks } from '../formats/folded/write.js';
import { renderCpuProfile } from '../formats/cpuprofile/write.js';
import { renderChromeTrace } from '../formats/chrome-trace/write.js';
import type { RenderInput } from './input.js';
import { renderPprof, renderPprofDiff } from '../formats/pprof/write.js';
import { renderReportHtml } from './report-html.js';
import { renderReportJson } from './report-json.js';
import { renderReportMarkdown } from './report-markdown.js';
import { renderProfilesHtml } from './studies/profiles/html.js';
import { profilesObject } from './studies/profiles/json.js';
import { renderProfilesMarkdown } from './studies/profiles/markdown.js';
import type { ProfilesView } from './studies/profiles/view.js';
import { renderSpeedscope, speedscopeFile } from '../formats/speedscope/write.js';

/** One file of a format. `suffix` tells several files of one format apart and is safe in a file name. */
export interface RenderedFile {
  readonly suffix: string;
  readonly content: string | Uint8Array;
  /** Where it differs from the format's: the name of a file says its unit. */
  readonly extension?: string;
}

/** A format that a run can be written in: a new one is a file and a line in {@link FORMATS}. */
export interface Format {
  readonly extension: string;
  /** For `--help`: what opens it. */
  readonly purpose: string;
  render(input: RenderInput): readonly RenderedFile[];
  /** The same of another tool's profiles; absent where the format needs single calls. */
  readonly renderProfiles?: (view: ProfilesView) => readonly RenderedFile[];
}

const one = (content: string | Uint8Array): readonly RenderedFile[] => [{ suffix: '', content }];
const perProfile = ({ profiles }: ProfilesView, draw: (profile: ForeignProfile) => Omit<RenderedFile, 'suffix'>): readonly RenderedFile[] =>
  profiles.map((profile) => ({ suffix: profiles.length === 1 ? '' : fileSafe(profile.name), ...draw(profile) }));

/** Formats whose files state nanoseconds cannot hold counts. @throws UserError */
function timed({ profiles }: ProfilesView, format: string): readonly ForeignProfile[] {
  const odd = profiles.find(({ unit }) => unit !== 'time');
  if (odd !== undefined)
    throw new UserError(
      `${odd.name} measures something other than time, which ${format} would show as time: use --to collapsed.`,
      EXIT.badInput,
    );
  return profiles;
}

export const FORMATS: Readonly<Record<string, Format>> = {
  html: {
    extension: '.html',
    purpose: 'the report, for a browser',
    render: ({ analysis, recordings, extras }) => one(renderReportHtml(analysis, { recordings, ...extras })),
    renderProfiles: (view) => one(renderProfilesHtml(view)),
  },
  markdown: {
    extension: '.md',
    purpose: 'the report as text, for pull requests and terminals',
    render: ({ analysis, extras }) => one(renderReportMarkdown(analysis, extras)),
    renderProfiles: (view) => one(renderProfilesMarkdown(view)),
  },
  json: {
    extension: '.json',
    purpose: 'the report as data, for CI and agents',
    render: (input) => one(renderReportJson(input)),
    renderProfiles: (view) => one(`${JSON.stringify(profilesObject(view), null, 2)}\n`),
  },
  collapsed: {
    extension: '.nanos.collapsedstack.txt',
    purpose: 'collapsed stacks, one file per variant, for flamegraph.pl, inferno, speedscope',
    render: ({ analysis }) => analysis.variants.map((v) => ({ suffix: fileSafe(v.key), content: renderFoldedStacks(v) })),
    renderProfiles: (view) =>
      perProfile(view, ({ tree, unit }) => ({ content: foldTree(tree), ...(unit === 'time' ? {} : { extension: '.collapsedstack.txt' }) })),
  },
  'diff-collapsed': {
    extension: '.nanos-per-call.difffolded.txt',
    purpose: 'before and after per stack, one file per comparison, for flamegraph.pl --negate and inferno',
    render: ({ analysis }) => analysis.comparisons.map((c) => ({ suffix: pairName(c), content: renderDiffFolded(c.diff) })),
  },
  speedscope: {
    extension: '.speedscope.json',
    purpose: 'speedscope, one profile per variant',
    render: ({ analysis }) => one(renderSpeedscope(analysis)),
    renderProfiles: (view) =>
      one(
        JSON.stringify(
          speedscopeFile(
            view.title,
            view.version,
            timed(view, 'speedscope').map(({ name, tree }) => ({ name, tree, calls: 1 })),
          ),
        ),
      ),
  },
  'chrome-trace': {
    extension: '.trace.json',
    purpose: 'every recorded call in time order, for Perfetto and chrome://tracing',
    render: ({ recordings }) => one(renderChromeTrace(recordings)),
  },
  pprof: {
    extension: '.pb.gz',
    purpose: 'go tool pprof, with labels for stage and variant',
    render: ({ analysis }) => one(renderPprof(analysis.variants)),
    renderProfiles: (view) => one(renderPprof(timed(view, 'pprof').map(({ name, tree }) => ({ key: name, tree })))),
  },
  'pprof-diff': {
    extension: '.diff.pb.gz',
    purpose: 'go tool pprof, one difference a comparison',
    render: ({ analysis }) => analysis.comparisons.map((c) => ({ suffix: pairName(c), content: renderPprofDiff(c) })),
  },
  cpuprofile: {
    extension: '.cpuprofile',
    purpose: 'the call tree as a V8 profile, one file per variant, for Chrome, VS Code and 0x (V8’s own samples: profile --js)',
    render: ({ analysis }) => analysis.variants.map((v) => ({ suffix: fileSafe(v.key), content: renderCpuProfile(v.tree) })),
    renderProfiles: (view) => {
      timed(view, 'cpuprofile');
      return perProfile(view, ({ tree }) => ({ content: renderCpuProfile(tree) }));
    },
  },
};

const pairName = ({ baseline, candidate }: { readonly baseline: string; readonly candidate: string }): string =>
  `${fileSafe(baseline)}-vs-${fileSafe(candidate)}`;

/** The format of a name. @throws UserError that lists the names there are. */
export function formatByName(name: string): Format {
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (format === undefined)
    throw new UserError(`There is no format “${name}”. Use one of: ${Object.keys(FORMATS).join(', ')}.`, EXIT.usage);
  return format;
}

/** A variant's key as a part of a file name. */
export const fileSafe = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|-+$/g, '')
    .slice(0, 80) || 'unnamed';

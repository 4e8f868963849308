import { statSync } from 'node:fs';
import path from 'node:path';
import { analyseRun } from '../../runs/analyse-run.js';
import { extrasOf } from '../../runs/report-extras.js';
import { openRun } from '../../runs/open-run.js';
import { writeFile } from '../../runs/write-file.js';
import { viewOfProfiles } from '../../runs/view-profiles.js';
import { SPAN_TARGETS, isSpanTarget } from '../../runs/export-run.js';
import { EXIT, UserError } from '../../model/errors.js';
import { FORMATS, formatByName, type RenderedFile } from '../../report/formats.js';
import type { CommandSpec } from '../command.js';
import { anyNumber } from '../numbers.js';
import { exportSpansOf } from './export-spans.js';
import type { SpanExportArguments } from './export-spans.js';

interface Arguments extends SpanExportArguments {
  readonly run: string;
  readonly to: string;
}

export const exportCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [
    ['export profiles/my-run --to collapsed', 'Collapsed stacks for flamegraph tools'],
    ['export profiles/my-run --to otlp --resume', 'Send what an earlier export could not'],
    ['export app.cpuprofile --to speedscope --out .', "Another tool's profile in another tool's format"],
    ['export profiles/my-run --to json --out -', 'The analysis as JSON on standard output'],
  ],
  options: (yargs) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: 'Run folder, recording, or profile of another tool' })
      .option('to', {
        type: 'string',
        demandOption: true,
        describe: [
          `${SPAN_TARGETS.slice(0, 2).join(', ')}: spans, sent`,
          'otlp-json: spans as OTLP/JSON lines',
          ...Object.entries(FORMATS).map(([name, { purpose }]) => `${name}: ${purpose}`),
        ].join('; '),
      })
      .option('endpoint', {
        type: 'string',
        describe: 'OTLP address (default: OTEL_EXPORTER_OTLP_ENDPOINT, or the Jaeger of `inferscope jaeger up`)',
      })
      .option('resume', { type: 'boolean', describe: 'Send only what an earlier export did not' })
      .option(
        'patience',
        anyNumber(
          'patience',
          'Seconds to go on trying while the server is busy or away (default: 60, and none where no server is there at first)',
          { from: 0 },
        ),
      )
      .option('jaeger-url', {
        type: 'string',
        describe: 'Where Jaeger is looked at, for the link to a trace (default: the Jaeger of `inferscope jaeger up`)',
      })
      .option('out', { type: 'string', nargs: 1, describe: 'Folder to write to (default: the run folder), or - for standard output' }),
  run: async (args, terminal) => {
    if (isSpanTarget(args.to) && args.out === '-')
      throw new UserError(`--to ${args.to} does not write to standard output: name a folder with --out.`, EXIT.usage);
    if (isSpanTarget(args.to)) return await exportSpansOf(args.run, args.to, args, terminal);
    const rendered = renderedFiles(args.run, args.to);
    if (args.out === '-') {
      for (const { content } of rendered) process.stdout.write(content);
      return await Promise.resolve(EXIT.ok);
    }
    const file = statSync(args.run, { throwIfNoEntry: false })?.isFile() === true;
    const folder = args.out ?? (file ? path.dirname(args.run) : args.run);
    const base = file && !args.run.endsWith('.isr') ? path.basename(args.run) : 'export';
    const files = rendered.map(({ suffix, extension, content }) => {
      const name = path.join(folder, `${[base, suffix].filter((part) => part !== '').join('-')}${extension}`);
      writeFile(name, content);
      return name;
    });
    for (const file of files) terminal.say(file);
    terminal.data({ files });
    return EXIT.ok;
  },
};

type NamedFile = RenderedFile & { readonly extension: string };

/** A run, or what another tool wrote, in a format. @throws UserError where the format cannot hold it */
function renderedFiles(run: string, to: string): readonly NamedFile[] {
  const format = formatByName(to);
  const opened = openRun(run);
  const files =
    opened.kind === 'recordings'
      ? format.render({
          analysis: analyseRun(run, opened.recordings),
          recordings: opened.recordings,
          extras: extrasOf(opened.recordings, run),
        })
      : format.renderProfiles?.(viewOfProfiles(path.basename(run), opened.profiles));
  if (files === undefined)
    throw new UserError(
      `${to} holds single calls or comparisons, which ${run} does not: use one of ${profileFormats.join(', ')}.`,
      EXIT.badInput,
    );
  return files.map((file) => ({ ...file, extension: file.extension ?? format.extension }));
}

const profileFormats = Object.entries(FORMATS).flatMap(([name, { renderProfiles }]) => (renderProfiles === undefined ? [] : [name]));

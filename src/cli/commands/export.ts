import path from 'node:path';
import { analyseRun } from '../../api/analyse-run.js';
import { readRun, writeFile } from '../../api/run-folder.js';
import { SPAN_TARGETS, isSpanTarget } from '../../api/export-run.js';
import { EXIT } from '../../model/errors.js';
import { FORMATS, formatByName } from '../../render/formats.js';
import type { CommandSpec } from '../command.js';
import { exportSpansOf } from './export-spans.js';
import type { SpanExportArguments } from './export-spans.js';

interface Arguments extends SpanExportArguments {
  readonly run: string;
  readonly to: string;
}

export const exportCommand: CommandSpec<Arguments> = {
  command: 'export <run>',
  describe: 'Write a run in another format, or send its spans to a collector or Jaeger',
  examples: [
    ['export profiles/my-run --to collapsed', 'Collapsed stacks for flamegraph tools'],
    ['export profiles/my-run --to otlp --resume', 'Send what an earlier export could not'],
    ['export profiles/my-run --to json --out -', 'The analysis as JSON on standard output'],
  ],
  options: (yargs) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: 'Run folder or recording' })
      .option('to', { type: 'string', demandOption: true, describe: [`${SPAN_TARGETS.slice(0, 2).join(', ')}: spans, sent`, 'otlp-json: spans as OTLP/JSON lines', ...Object.entries(FORMATS).map(([name, { purpose }]) => `${name}: ${purpose}`)].join('; ') })
      .option('endpoint', { type: 'string', describe: 'OTLP address (default: OTEL_EXPORTER_OTLP_ENDPOINT, or the Jaeger of `inferscope jaeger up`)' })
      .option('resume', { type: 'boolean', describe: 'Send only what an earlier export did not' })
      .option('patience', { type: 'number', describe: 'Seconds to go on trying while the server is busy or away (default: 60)' })
      .option('jaeger-url', { type: 'string', describe: 'Where Jaeger is looked at, for the link to a trace (default: the Jaeger of `inferscope jaeger up`)' })
      .option('out', { type: 'string', nargs: 1, describe: 'Folder to write to (default: the run folder), or - for standard output' }),
  run: async (args, terminal) => {
    if (isSpanTarget(args.to)) return await exportSpansOf(args.run, args.to, args, terminal);
    const format = formatByName(args.to);
    const recordings = readRun(args.run);
    const rendered = format.render({ analysis: analyseRun(args.run, recordings), recordings });
    if (args.out === '-') {
      for (const { content } of rendered) process.stdout.write(content);
      return await Promise.resolve(EXIT.ok);
    }
    const folder = args.out ?? (args.run.endsWith('.isr') ? path.dirname(args.run) : args.run);
    const files = rendered.map(({ suffix, content }) => {
      const file = path.join(folder, `${['export', suffix].filter((part) => part !== '').join('-')}${format.extension}`);
      writeFile(file, content);
      return file;
    });
    for (const file of files) terminal.say(file);
    terminal.data({ files });
    return EXIT.ok;
  },
};

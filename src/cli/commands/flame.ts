import { clickHouseStore } from '../../telemetry/clickhouse/store.js';
import { jaegerStore } from '../../telemetry/jaeger/store.js';
import type { VariantSplit } from '../../telemetry/stores/read-calls.js';
import type { SpanStore, TimeWindow } from '../../telemetry/stores/store.js';
import { momentFrom, rangeFrom } from '../../telemetry/stores/time-range.js';
import { flameFromStore } from '../../runs/flame-from-store.js';
import { EXIT, UserError } from '../../model/errors.js';
import { reportObject } from '../../report/report-json.js';
import type { CommandSpec } from '../command.js';
import { presentOptions, presentReport, type PresentArguments } from '../present.js';
import { wholeNumber } from '../numbers.js';
import { OVERWRITE, existingOf, type OverwriteArguments } from '../options.js';

interface Arguments extends PresentArguments, OverwriteArguments {
  readonly 'from-jaeger': string | undefined;
  readonly 'from-clickhouse': string | undefined;
  readonly service: string;
  readonly operation: string | undefined;
  readonly since: string;
  readonly until: string | undefined;
  readonly limit: number | undefined;
  readonly tag: readonly string[] | undefined;
  readonly 'split-by': string | undefined;
  readonly 'split-at': string | undefined;
  readonly against: string | undefined;
  readonly out: string | undefined;
}

export const flameCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [
    ['flame --from-jaeger http://localhost:16686 --service shop --since 2h', 'The last two hours of a service'],
    ['flame --from-jaeger http://localhost:16686 --service shop --split-by service.version', 'Compare its versions'],
    ['flame --from-jaeger http://localhost:16686 --service shop --since 2d --split-at 1d', 'Compare yesterday with today'],
    ['flame --from-jaeger http://localhost:16686 --service shop --since 1h --against 169h..168h', 'Compare with the same hour a week ago'],
    ['flame --from-clickhouse http://localhost:8123/otel --service shop --since 2h', "The same from the collector's table in ClickHouse"],
  ],
  options: (yargs) =>
    presentOptions(yargs)
      .option('from-jaeger', { type: 'string', describe: "Address of a Jaeger's query API" })
      .option('from-clickhouse', {
        type: 'string',
        conflicts: 'from-jaeger',
        describe: 'Address of a ClickHouse that the collector writes to: http://USER:PASSWORD@HOST:8123/DATABASE?table=otel_traces',
      })
      .option('service', { type: 'string', demandOption: true, describe: 'Service name' })
      .option('operation', { type: 'string', describe: 'Traces that hold this span name, such as predict' })
      .option('since', { type: 'string', default: '1h', describe: 'Begin: 30m, 2h, 7d ago, or a date' })
      .option('until', { type: 'string', describe: 'End, in the same form (default now)' })
      .option('limit', wholeNumber('limit', 'Calls at most, of each range, the newest (default all)'))
      .option('tag', { type: 'string', array: true, nargs: 1, describe: 'name=value of a span or resource attribute' })
      .option('split-by', { type: 'string', describe: 'Attribute whose values are compared, such as service.version' })
      .option('split-at', { type: 'string', describe: 'Moment before and after which is compared', conflicts: 'split-by' })
      .option('against', {
        type: 'string',
        describe: 'An earlier range to compare with, such as 8d..7d',
        conflicts: ['split-by', 'split-at'],
      })
      .option('out', { type: 'string', describe: 'Run folder (default: a new one under profiles/)' })
      .option('overwrite', OVERWRITE),
  run: async (args, terminal) => {
    const now = Date.now();
    const { service, operation, limit, out } = args;
    const split = splitFrom(args, now);
    const query = { service, tags: tagsFrom(args.tag ?? []), ...(operation === undefined ? {} : { operation }) };
    const range = {
      from: momentFrom(args.since, now),
      to: args.until === undefined ? BigInt(now) * 1_000_000n : momentFrom(args.until, now),
    };
    const result = await flameFromStore(storeFrom(args), query, range, {
      ...(limit === undefined ? {} : { limit }),
      ...(split === undefined ? {} : { split }),
      ...(args.against === undefined ? {} : { against: earlier(args.against, range.from, now) }),
      existing: existingOf(args),
      ...(out === undefined ? {} : { out }),
      onProgress: (calls, spans) => {
        if (process.stderr.isTTY && !args.json) process.stderr.write(`\r${calls} calls, ${spans} spans`);
      },
    });
    await presentReport(result.analysis, result.folder, args, terminal);
    terminal.data(reportObject(result.analysis, result.files));
    return EXIT.ok;
  },
};

function storeFrom({ 'from-jaeger': jaeger, 'from-clickhouse': clickhouse }: Arguments): SpanStore {
  if (jaeger !== undefined) return jaegerStore(jaeger);
  if (clickhouse !== undefined) return clickHouseStore(clickhouse);
  throw new UserError(
    'Say where the traces are: --from-jaeger http://localhost:16686, or --from-clickhouse http://localhost:8123.',
    EXIT.usage,
  );
}

function earlier(text: string, begin: bigint, nowMillis: number): TimeWindow {
  const range = rangeFrom(text, nowMillis);
  if (range.to <= begin) return range;
  throw new UserError('The range of --against must end before --since begins.', EXIT.usage);
}

function splitFrom(args: Arguments, nowMillis: number): VariantSplit | undefined {
  if (args['split-by'] !== undefined) return { kind: 'attribute', name: args['split-by'] };
  if (args['split-at'] !== undefined) return { kind: 'moment', at: momentFrom(args['split-at'], nowMillis) };
  return undefined;
}

function tagsFrom(tags: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    tags.map((tag) => {
      const cut = tag.indexOf('=');
      if (cut > 0) return [tag.slice(0, cut), tag.slice(cut + 1)];
      throw new UserError(`--tag "${tag}" has no value: write name=value.`, EXIT.usage);
    }),
  );
}

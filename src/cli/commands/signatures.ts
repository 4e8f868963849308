import { signatureGroups } from '../../analyse/signature-groups.js';
import { callCounts, signatureRows } from '../../analyse/signatures.js';
import { readRun } from '../../runs/run-folder.js';
import { EXIT } from '../../model/errors.js';
import { formatNanos } from '../../model/nanos.js';
import { paddingPlans } from '../../model/signatures.js';
import { groupSentence, noShapesSentence, paddingSentence } from '../../report/topics/shapes.js';
import { countOf } from '../../report/words.js';
import type { CommandSpec } from '../command.js';

interface Arguments {
  readonly run: string;
}

export const signaturesCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [['signatures profiles/my-run', 'The shape ledger of a run']],
  options: (yargs) => yargs.positional('run', { type: 'string', demandOption: true, describe: 'Run folder or recording' }),
  run: async (args, terminal) => {
    const recordings = readRun(args.run);
    const rows = signatureRows(recordings);
    const groups = signatureGroups(recordings);
    for (const group of groups) terminal.say(groupSentence(group));
    const time = (value: number | null): string => (value === null ? '-' : formatNanos(value));
    for (const row of rows) {
      const building = row.firstCallNanos === null ? '' : `first call ${time(row.firstCallNanos)}, then `;
      const paid = row.payBackCalls === null ? '' : `, paid back after ${countOf(row.payBackCalls, 'call')}`;
      terminal.say(
        `${row.variant}  ${row.signature}: ${building}${time(row.warmNanos)}; ${countOf(row.hits, 'hit')}, ${countOf(row.misses, 'miss', 'misses')}${paid}`,
      );
    }
    if (rows.length === 0) terminal.say(noShapesSentence(callCounts(recordings)));
    const padding = paddingPlans(rows);
    for (const plan of padding) terminal.say(paddingSentence(plan));
    terminal.data({ signatures: rows, groups, padding });
    return await Promise.resolve(EXIT.ok);
  },
};

import { examine } from '../../measure/doctor.js';
import type { DoctorFinding } from '../../model/doctor.js';
import { tellLooked } from '../../report/words/doctor.js';
import { ownVersion } from '../../engines/own-version.js';
import { EXIT } from '../../model/errors.js';
import type { CommandSpec } from '../command.js';

const MARKS: Readonly<Record<DoctorFinding['state'], string>> = { ok: 'ok      ', optional: 'optional', broken: 'BROKEN  ' };

export const doctorCommand: CommandSpec<object> = {
  filtersLog: true,
  examples: [
    ['doctor', 'Look at this machine'],
    ['doctor --json', 'The same for a bug report'],
  ],
  options: (yargs) => yargs,
  run: async (_args, terminal) => {
    const findings = (await examine()).map(tellLooked);
    terminal.say(`inferscope ${ownVersion()}`);
    for (const { what, state, detail, remedy } of findings) {
      terminal.say(`${MARKS[state]}  ${what}: ${detail}`);
      if (remedy !== undefined) terminal.say(`          → ${remedy}`);
    }
    terminal.data({ inferscope: ownVersion(), findings });
    return findings.some(({ state }) => state === 'broken') ? EXIT.unavailable : EXIT.ok;
  },
};

import type { Argv } from 'yargs';
import { commandModule } from './command.js';
import { exportCommand } from './commands/export.js';
import { profileCommand } from './commands/profile.js';

/** Every command: a new one is a file in commands/ and a line here. */
export const registerCommands = (yargs: Argv): Argv =>
  yargs
    .command(commandModule(profileCommand))
    .command(commandModule(exportCommand));

import type { Argv } from 'yargs';
import { commandModule } from './command.js';
import { baselineCommand } from './commands/baseline.js';
import { checkCommand } from './commands/check.js';
import { compareCommand } from './commands/compare.js';
import { compileCommand } from './commands/compile.js';
import { doctorCommand } from './commands/doctor.js';
import { exportCommand } from './commands/export.js';
import { flameCommand } from './commands/flame.js';
import { jaegerCommand } from './commands/jaeger.js';
import { profileCommand } from './commands/profile.js';
import { reproduceCommand } from './commands/reproduce.js';
import { runCommand } from './commands/run.js';
import { sweepCommand } from './commands/sweep.js';
import { signaturesCommand } from './commands/signatures.js';
import { viewCommand } from './commands/view.js';

/** Every command: a new one is a file in commands/ and a line here. */
export const registerCommands = (yargs: Argv): Argv =>
  yargs
    .command(commandModule(profileCommand))
    .command(commandModule(compareCommand))
    .command(commandModule(runCommand))
    .command(commandModule(viewCommand))
    .command(commandModule(exportCommand))
    .command(commandModule(flameCommand))
    .command(commandModule(jaegerCommand))
    .command(commandModule(compileCommand))
    .command(commandModule(signaturesCommand))
    .command(commandModule(doctorCommand))
    .command(commandModule(baselineCommand))
    .command(commandModule(checkCommand))
    .command(commandModule(sweepCommand))
    .command(commandModule(reproduceCommand));

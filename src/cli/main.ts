#!/usr/bin/env node
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { ownVersion } from '../api/own-version.js';
import { EXIT } from '../model/errors.js';
import { registerCommands } from './commands.js';

const cli = registerCommands(yargs(hideBin(process.argv)))
  .scriptName('inferscope')
  .usage('$0 COMMAND\n\nSee where TensorFlow inference in Node.js spends its time: data adapter, graph building, kernels; uncompiled against compiled.')
  .version(ownVersion())
  .option('json', { type: 'boolean', default: false, global: true, describe: 'Print one JSON object on standard output' })
  .option('verbose', { type: 'boolean', default: false, global: true, describe: 'Print stack traces and more detail' })
  .demandCommand(1, 'Give a command; `inferscope --help` lists them.')
  .recommendCommands()
  .strict()
  .completion('completion', 'Print a shell completion script')
  .epilog('Exit codes: docs/exit-codes.md')
  .wrap(Math.min(110, process.stdout.columns > 0 ? process.stdout.columns : 110))
  .fail((message: string | null, error: Error | undefined) => {
    if (error !== undefined && message === null) throw error;
    const hint = (message ?? '').startsWith('Did you mean') ? `unknown command. ${message ?? ''}` : message ?? 'bad usage';
    process.stderr.write(`inferscope: ${hint} (see \`inferscope --help\`)\n`);
    process.exit(EXIT.usage);
  });

await cli.parseAsync();

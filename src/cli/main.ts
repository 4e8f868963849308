#!/usr/bin/env node
import { ownWords, runCli } from './cli.js';
import { restoreForTfjsNode } from '../engines/tensorflow/load/node-compat.js';
import { leaveOnClosedPipe, reportError } from './terminal.js';

restoreForTfjsNode();
leaveOnClosedPipe();
const args = process.argv.slice(2);
const told = (thrown: unknown): number => {
  const words = ownWords(args);
  return reportError(thrown, { json: words.includes('--json'), verbose: words.includes('--verbose') });
};
// What nobody waits for, such as the error of a process that could not be started, is told as any other.
process.on('uncaughtException', (thrown) => process.exit(told(thrown)));
try {
  await runCli(args);
} catch (thrown) {
  process.exitCode = told(thrown);
}

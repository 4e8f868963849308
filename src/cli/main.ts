#!/usr/bin/env node
import { ownWords, runCli } from './cli.js';
import { restoreForTfjsNode } from '../engines/tensorflow/load/node-compat.js';
import { leaveOnClosedPipe, reportError } from './terminal.js';

restoreForTfjsNode();
leaveOnClosedPipe();
const args = process.argv.slice(2);
try {
  await runCli(args);
} catch (thrown) {
  const words = ownWords(args);
  process.exitCode = reportError(thrown, { json: words.includes('--json'), verbose: words.includes('--verbose') });
}

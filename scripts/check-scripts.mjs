/**
 * Type-checks bench/ and scripts/ (JavaScript, by tsconfig.scripts.json) against src/: what they import from dist/
 * is looked up in the sources, so that a build that is missing or old hides no export that has gone.
 * `node scripts/check-scripts.mjs`.
 */
import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist') + path.sep;
const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(path.join(root, 'tsconfig.scripts.json'), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (fault) => errors.push(fault) });
const host = ts.createIncrementalCompilerHost(options);
const { fileExists } = host;
host.fileExists = (file) => !path.normalize(file).startsWith(dist) && fileExists(file);
const program = ts.createProgram({ rootNames: fileNames, options, host });
const faults = [...errors, ...ts.getPreEmitDiagnostics(program)].filter(({ file }) => !file?.fileName.startsWith(path.join(root, 'src')));
if (faults.length > 0) console.error(ts.formatDiagnosticsWithColorAndContext(faults, { ...host, getCurrentDirectory: () => root }));
process.exitCode = faults.length > 0 ? 1 : 0;

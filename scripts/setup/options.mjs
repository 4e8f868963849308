import { EXIT, EXIT_MEANINGS, SetupProblem } from './problem.mjs';
import { DEFAULT_VERSION, pinnedVersions } from './versions.mjs';

/**
 * @typedef {object} Options
 * @property {'install' | 'check' | 'help'} action
 * @property {string | undefined} tensorflow the version asked for; undefined keeps what works
 * @property {string | undefined} project the user's project, when it is not the clone that is set up
 * @property {boolean} json
 * @property {boolean} verbose
 */

/**
 * @param {readonly string[]} argv arguments after the script's name
 * @param {NodeJS.ProcessEnv} env
 * @returns {Options}
 */
export function parseOptions(argv, env) {
  /** @type {Options} */
  const options = { action: 'install', tensorflow: env['INFERSCOPE_TENSORFLOW'] || undefined, project: undefined, json: false, verbose: false };
  const rest = argv.flatMap((word) => (word.startsWith('--') && word.includes('=') ? [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] : [word]));
  while (rest.length > 0) {
    const word = rest.shift();
    switch (word) {
      case '--tensorflow': options.tensorflow = rest.shift() ?? ''; break;
      case '--project': options.project = rest.shift(); break;
      case '--check': options.action = 'check'; break;
      case '--json': options.json = true; break;
      case '--verbose': options.verbose = true; break;
      case '--help': case '-h': return { ...options, action: 'help' };
      default: throw new SetupProblem('usage', `There is no option "${word}": see node scripts/setup.mjs --help.`);
    }
  }
  if (options.tensorflow !== undefined) options.tensorflow = asVersion(options.tensorflow);
  return options;
}

/** @param {string} text */
function asVersion(text) {
  if (text === 'default') return DEFAULT_VERSION;
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (!match) throw new SetupProblem('usage', `"${text}" is not a TensorFlow version: give one like ${DEFAULT_VERSION}, or "default".`);
  const [major, minor] = [Number(match[1]), Number(match[2])];
  // The wheels before 2.12 keep the C API inside a Python extension module, so there is nothing to link to.
  if (major < 2 || (major === 2 && minor < 12)) throw new SetupProblem('usage', `TensorFlow ${text} is too old: its wheel has no library that can be linked; choose 2.12.0 or later.`);
  return text;
}

export function helpText() {
  const codes = EXIT_MEANINGS.map(([name, meaning]) => `  ${EXIT[name]}  ${meaning}`).join('\n');
  return `Takes a fresh clone to a working native TensorFlow. Run it as often as you like.

Usage: node scripts/setup.mjs [--tensorflow VERSION] [--check] [--json] [--verbose]

  --tensorflow VERSION  use this TensorFlow (or "default", ${DEFAULT_VERSION}); versions stay in the
                        cache beside each other, so going back is quick
                        with a hash kept in this repository: ${pinnedVersions().join(', ')}
  --project DIR         a project that uses Inferscope, in a clone's stead: what inferscope setup does
  --check               report what is there and what is missing; change nothing
  --json                print one JSON object on stdout (progress stays on stderr)
  --verbose             show the output of every command, and stack traces
  --help                this text

Examples:
  npm run setup
  npm run setup -- --tensorflow 2.15.1
  node scripts/setup.mjs --check --json

Environment:
  INFERSCOPE_TENSORFLOW  the same as --tensorflow
  INFERSCOPE_CACHE       where downloads are kept (default: inferscope in XDG_CACHE_HOME, or in ~/.cache)
  PYTHON                 the Python to use for pip
  CXX                    the C++ compiler

Exit codes:
${codes}
  129, 130, 143  interrupted
`;
}

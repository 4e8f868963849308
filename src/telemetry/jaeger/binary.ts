import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import { JAEGER_MODULE_VERSION, JAEGER_VERSION } from './paths.js';
import type { JaegerPaths } from './paths.js';

/** What runs Jaeger here. */
export type JaegerRunner = { readonly kind: 'docker'; readonly image: string } | JaegerBinary;

export interface JaegerBinary {
  readonly kind: 'binary';
  readonly path: string;
  readonly origin: 'path' | 'built';
}

export const RUNNER_CHOICES = ['auto', 'docker', 'path', 'build'] as const;
export type RunnerChoice = (typeof RUNNER_CHOICES)[number];

/** Built from the module alone, Jaeger has all of its storage and query code; see {@link buildJaeger}. */
const MODULE = 'github.com/jaegertracing/jaeger';

/**
 * Finds something that runs Jaeger: a docker engine that answers, a `jaeger` of version 2 on the PATH, or one built
 * once from its Go module. `say` is told before anything that takes long.
 * @throws UserError when none of them can be had.
 */
export async function findJaeger(paths: JaegerPaths, choice: RunnerChoice, say: (line: string) => void): Promise<JaegerRunner> {
  if (choice === 'auto' || choice === 'docker') {
    const docker = await dockerEngine();
    if (docker === 'answers') return { kind: 'docker', image: `jaegertracing/jaeger:${JAEGER_VERSION}` };
    if (choice === 'docker')
      throw new UserError(`No docker engine answers (${docker}): start it, or leave out --with docker.`, EXIT.unavailable);
    say(`Not in docker (${docker}).`);
  }
  return await findLocalJaeger(paths, choice, say);
}

/** Without docker: a `jaeger` of version 2 on the PATH, or one built once. @throws UserError when neither can be had. */
export async function findLocalJaeger(
  paths: JaegerPaths,
  choice: Exclude<RunnerChoice, 'docker'>,
  say: (line: string) => void,
): Promise<JaegerBinary> {
  if ((choice === 'auto' || choice === 'path') && (await isJaegerV2('jaeger'))) {
    return { kind: 'binary', path: 'jaeger', origin: 'path' };
  }
  if (choice === 'auto' || choice === 'build') {
    if (!(await isJaegerV2(paths.binary))) await buildJaeger(paths, say);
    return { kind: 'binary', path: paths.binary, origin: 'built' };
  }
  throw new UserError('There is no jaeger of version 2 on the PATH: put it there, or leave out --with path.', EXIT.unavailable);
}

/** `answers`, or why not: the command alone is no engine. */
async function dockerEngine(): Promise<string> {
  const { exitCode, code, stderr, timedOut } = await execa('docker', ['info', '--format', '{{.ServerVersion}}'], {
    reject: false,
    timeout: 10_000,
  });
  if (exitCode === 0) return 'answers';
  if (code === 'ENOENT') return 'there is no docker command';
  if (timedOut) return 'its engine did not answer within ten seconds';
  return stderr.trim().split('\n').at(-1)?.replace(/\.$/, '') ?? 'its engine does not answer';
}

/** Version 1 has the same name and another command line. */
async function isJaegerV2(path: string): Promise<boolean> {
  const { exitCode, stdout } = await execa(path, ['version'], { reject: false, timeout: 30_000 });
  return exitCode === 0 && /"?v2\.\d+/.test(stdout);
}

/**
 * Builds Jaeger from its Go module into the cache: about four minutes on two cores, once.
 *
 * A main module of our own is needed because Jaeger's own `replace` line counts only in its repository, and without it
 * a dependency of its Kafka code cannot be resolved. The module carries no user interface, only a placeholder page; the
 * query API is complete.
 */
async function buildJaeger(paths: JaegerPaths, say: (line: string) => void): Promise<void> {
  const { exitCode } = await execa('go', ['version'], { reject: false });
  if (exitCode !== 0) {
    throw new UserError(
      'Jaeger cannot be started: start a docker engine, put a jaeger of version 2 on the PATH, or install Go 1.25 or ' +
        'later so that it can be built once.',
      EXIT.unavailable,
    );
  }
  say(`Building Jaeger ${JAEGER_VERSION} from its Go module, once; this takes a few minutes.`);
  await mkdir(paths.buildDir, { recursive: true });
  await writeFile(join(paths.buildDir, 'go.mod'), goMod());
  const target = join(paths.buildDir, `jaeger.${process.pid}`);
  const version = `-X ${MODULE}/internal/version.latestVersion=v${JAEGER_VERSION}`;
  try {
    await execa('go', ['build', '-trimpath', '-ldflags', `-s -w ${version}`, '-o', target, `${MODULE}/cmd/jaeger`], {
      cwd: paths.buildDir,
      env: { GOFLAGS: '-mod=mod -buildvcs=false' },
    });
    await mkdir(dirname(paths.binary), { recursive: true });
    // Renamed when complete: a build that was interrupted, or a second one beside it, never leaves half a binary.
    await rename(target, paths.binary);
    await access(paths.binary);
  } catch (thrown) {
    throw new UserError(`Jaeger could not be built with go: ${messageOf(thrown).split('\n').slice(-3).join(' ')}`, EXIT.unavailable, {
      cause: thrown,
    });
  }
}

const goMod = (): string => `module inferscope.invalid/jaeger

go 1.25

require ${MODULE} ${JAEGER_MODULE_VERSION}

replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0
`;

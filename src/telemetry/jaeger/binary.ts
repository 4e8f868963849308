import { access, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import { JAEGER_MODULE, JAEGER_MODULE_VERSION, JAEGER_VERSION } from './paths.js';
import type { JaegerPaths } from './paths.js';
import { fetchRelease, releaseHere, type JaegerRelease } from './release.js';
import { makeFolder } from '../../record/make-folder.js';

/** What runs Jaeger here. */
export type JaegerRunner = JaegerContainer | JaegerBinary;

export interface JaegerContainer {
  readonly kind: 'docker';
  /** The engine that answered. */
  readonly command: ContainerCommand;
  readonly image: string;
}

/** Engines with the same command line. */
const CONTAINER_COMMANDS = ['docker', 'podman'] as const;
export type ContainerCommand = (typeof CONTAINER_COMMANDS)[number];

export interface JaegerBinary {
  readonly kind: 'binary';
  readonly path: string;
  readonly origin: 'path' | 'release' | 'built';
}

export const RUNNER_CHOICES = ['auto', 'docker', 'path', 'release', 'build'] as const;
export type RunnerChoice = (typeof RUNNER_CHOICES)[number];

/** What is told before anything that takes long, and the release, which tests replace. */
export interface Finding {
  readonly say: (line: string) => void;
  readonly release?: JaegerRelease | null;
}

/**
 * Finds something that runs Jaeger: a container engine that answers, a `jaeger` of version 2 on the PATH, the release of its makers,
 * or, which has no pages, one built once from its Go module.
 * @throws UserError when none of them can be had.
 */
export async function findJaeger(paths: JaegerPaths, choice: RunnerChoice, finding: Finding): Promise<JaegerRunner> {
  if (choice === 'auto' || choice === 'docker') {
    const whyNot: string[] = [];
    for (const command of CONTAINER_COMMANDS) {
      const engine = await containerEngine(command);
      if (engine === 'answers') return { kind: 'docker', command, image: `jaegertracing/jaeger:${JAEGER_VERSION}` };
      if (engine !== 'missing') whyNot.push(engine);
    }
    const reason = whyNot.length === 0 ? 'there is no docker command' : whyNot.join('; ');
    if (choice === 'docker')
      throw new UserError(`No docker engine answers (${reason}): start it, or leave out --with docker.`, EXIT.unavailable);
    finding.say(`Not in docker (${reason}).`);
  }
  return await findLocalJaeger(paths, choice, finding);
}

/** Without a container: see {@link findJaeger}. @throws UserError when none can be had. */
export async function findLocalJaeger(
  paths: JaegerPaths,
  choice: Exclude<RunnerChoice, 'docker'>,
  { say, release = releaseHere() }: Finding,
): Promise<JaegerBinary> {
  if ((choice === 'auto' || choice === 'path') && (await isJaegerV2('jaeger'))) {
    return { kind: 'binary', path: 'jaeger', origin: 'path' };
  }
  if (choice === 'auto' || choice === 'release') {
    const found = await releasedJaeger(paths, release, say);
    if (typeof found !== 'string') return found;
    if (choice === 'release') throw new UserError(`Jaeger's release cannot be had: ${found}. Leave out --with release.`, EXIT.unavailable);
    say(`Not as a release (${found}).`);
  }
  if (choice === 'auto' || choice === 'build') {
    if (!(await isJaegerV2(paths.binary))) await buildJaeger(paths, say);
    return { kind: 'binary', path: paths.binary, origin: 'built' };
  }
  throw new UserError('There is no jaeger of version 2 on the PATH: put it there, or leave out --with path.', EXIT.unavailable);
}

/** The release's binary, fetched once; or why it cannot be had. */
async function releasedJaeger(
  paths: JaegerPaths,
  release: JaegerRelease | null,
  say: (line: string) => void,
): Promise<JaegerBinary | string> {
  if (release === null) return `none is known for ${process.platform} on ${process.arch}`;
  const path = paths.releaseBinary(release.version);
  const found: JaegerBinary = { kind: 'binary', path, origin: 'release' };
  if (await isJaegerV2(path)) return found;
  say(`Looking for the release of Jaeger ${release.version}.`);
  const whyNot = await fetchRelease(release, path);
  if (whyNot !== null) return whyNot;
  return (await isJaegerV2(path)) ? found : `${path} does not run here`;
}

/** `answers`, `missing` without the command, or why not: the command alone is no engine. */
async function containerEngine(command: ContainerCommand): Promise<string> {
  const { exitCode, code, stderr, timedOut } = await execa(command, ['info'], { reject: false, timeout: 10_000 });
  if (exitCode === 0) return 'answers';
  if (code === 'ENOENT') return 'missing';
  if (timedOut) return `the engine of ${command} did not answer within ten seconds`;
  return stderr.trim().split('\n').at(-1)?.replace(/\.$/, '') ?? `the engine of ${command} does not answer`;
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
  makeFolder(paths.buildDir);
  await writeFile(join(paths.buildDir, 'go.mod'), goMod());
  const target = join(paths.buildDir, `jaeger.${process.pid}`);
  const version = `-X ${JAEGER_MODULE}/internal/version.latestVersion=v${JAEGER_VERSION}`;
  try {
    await execa('go', ['build', '-trimpath', '-ldflags', `-s -w ${version}`, '-o', target, `${JAEGER_MODULE}/cmd/jaeger`], {
      cwd: paths.buildDir,
      env: { GOFLAGS: '-mod=mod -buildvcs=false' },
    });
    makeFolder(dirname(paths.binary));
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

require ${JAEGER_MODULE} ${JAEGER_MODULE_VERSION}

replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0
`;

import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import { findJaeger, findLocalJaeger } from './binary.js';
import type { JaegerContainer, JaegerRunner, RunnerChoice } from './binary.js';
import { DEFAULT_PORTS, jaegerConfig } from './config.js';
import type { JaegerPorts } from './config.js';
import { jaegerPaths } from './paths.js';
import type { JaegerPaths } from './paths.js';
import { makeFolder } from '../../record/make-folder.js';

const CONTAINER = 'inferscope-jaeger';
const CONTAINER_DATA = '/badger';
const CONTAINER_CONFIG = '/etc/jaeger/inferscope.yaml';
const START_PATIENCE_MILLIS = 60_000;
const STOP_PATIENCE_MILLIS = 20_000;
const NO_SELF_TRACING = { OTEL_TRACES_SAMPLER: 'always_off' };

export interface JaegerOptions {
  /** Folder for spans, configuration and log instead of the user's data folder. */
  readonly home?: string;
  readonly ports?: Partial<JaegerPorts>;
  readonly runner?: RunnerChoice;
  readonly say?: (line: string) => void;
}

export interface JaegerState {
  /** Process or container, and how it was had. */
  readonly runner: JaegerRunner;
  readonly pid: number | null;
  readonly ports: JaegerPorts;
  readonly queryUrl: string;
  readonly otlpEndpoint: string;
  readonly dataDir: string;
  readonly logFile: string;
  /** False for a Jaeger built from its module: the API is complete, its pages are a placeholder. */
  readonly hasUi: boolean;
}

export type JaegerStatus = { readonly running: true; readonly state: JaegerState } | { readonly running: false };

/** Starts Jaeger, or finds the one that runs already, and returns when it answers. @throws UserError otherwise. */
export async function jaegerUp(options: JaegerOptions = {}): Promise<JaegerState> {
  const paths = jaegerPaths(options.home);
  const status = await jaegerStatus(options);
  if (status.running) return status.state;
  const ports = { ...DEFAULT_PORTS, ...options.ports };
  makeDataFolder(paths.dataDir);
  const { runner, pid } = await startOne(paths, ports, options);
  const queryUrl = `http://localhost:${ports.query}`;
  const state: JaegerState = {
    runner,
    pid,
    ports,
    queryUrl,
    otlpEndpoint: `http://localhost:${ports.otlpHttp}`,
    dataDir: paths.dataDir,
    logFile: paths.logFile,
    hasUi: false,
  };
  await writeFile(paths.stateFile, JSON.stringify(state, null, 2));
  await untilReady(state, paths);
  const ready = { ...state, hasUi: await servesUi(queryUrl) };
  await writeFile(paths.stateFile, JSON.stringify(ready, null, 2));
  return ready;
}

/** Whether the Jaeger that {@link jaegerUp} started is still there. */
export async function jaegerStatus({ home }: Pick<JaegerOptions, 'home'> = {}): Promise<JaegerStatus> {
  const paths = jaegerPaths(home);
  const state = await readState(paths);
  return state !== null && (await isAlive(state, paths)) ? { running: true, state } : { running: false };
}

/** What {@link jaegerUp} wrote; null where nothing is, or where it was cut off while writing. */
async function readState({ stateFile }: JaegerPaths): Promise<JaegerState | null> {
  try {
    return JSON.parse(await readFile(stateFile, 'utf8')) as JaegerState;
  } catch {
    return null;
  }
}

/** Stops Jaeger and keeps its spans. Returns false when none was running. */
export async function jaegerDown({ home }: Pick<JaegerOptions, 'home'> = {}): Promise<boolean> {
  const paths = jaegerPaths(home);
  const status = await jaegerStatus({ ...(home === undefined ? {} : { home }) });
  if (!status.running) return false;
  await rm(paths.stateFile, { force: true });
  const { state } = status;
  if (state.pid === null) {
    await execa(commandOf(state), ['rm', '--force', '--volumes', CONTAINER], { reject: false });
    return true;
  }
  process.kill(state.pid, 'SIGTERM');
  const started = performance.now();
  while (await isAlive(state, paths)) {
    if (performance.now() - started > STOP_PATIENCE_MILLIS) process.kill(state.pid, 'SIGKILL');
    await sleep(50);
  }
  return true;
}

interface Started {
  readonly runner: JaegerRunner;
  readonly pid: number | null;
}

/** An engine that cannot have the image is as good as none, unless docker was asked for. */
async function startOne(
  paths: JaegerPaths,
  ports: JaegerPorts,
  { runner: choice = 'auto', say = () => undefined }: JaegerOptions,
): Promise<Started> {
  const runner = await findJaeger(paths, choice, { say });
  if (runner.kind === 'binary') return { runner, pid: await startProcess(runner.path, paths, ports) };
  try {
    return { runner, pid: await startContainer(runner, paths, ports) };
  } catch (thrown) {
    if (choice !== 'auto') throw thrown;
    say(messageOf(thrown));
    const local = await findLocalJaeger(paths, 'auto', { say });
    return { runner: local, pid: await startProcess(local.path, paths, ports) };
  }
}

async function startProcess(path: string, paths: JaegerPaths, ports: JaegerPorts): Promise<number> {
  await writeFile(paths.configFile, jaegerConfig('127.0.0.1', ports, paths.dataDir));
  const log = await open(paths.logFile, 'w');
  try {
    // Detached and without our pipes: it outlives the command that started it.
    const child = spawn(path, ['--config', paths.configFile], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      // Otherwise Jaeger traces itself, into itself.
      env: { ...process.env, ...NO_SELF_TRACING },
      cwd: dirname(paths.configFile),
    });
    child.unref();
    child.on('error', () => undefined);
    if (child.pid === undefined) throw new UserError(`${path} could not be started.`, EXIT.unavailable);
    return child.pid;
  } finally {
    await log.close();
  }
}

async function startContainer({ command, image }: JaegerContainer, paths: JaegerPaths, ports: JaegerPorts): Promise<null> {
  await writeFile(paths.configFile, jaegerConfig('0.0.0.0', DEFAULT_PORTS, CONTAINER_DATA));
  const publish = (outside: number, inside: number): string[] => ['--publish', `127.0.0.1:${outside}:${inside}`];
  const user = process.getuid === undefined ? [] : ['--user', `${process.getuid()}:${process.getgid?.() ?? 0}`];
  // In a rootless podman our user is another one inside, unless told.
  const sameUser = command === 'podman' ? ['--userns', 'keep-id'] : [];
  await execa(command, ['rm', '--force', CONTAINER], { reject: false });
  const { exitCode, stderr } = await execa(
    command,
    [
      ...['run', '--detach', '--name', CONTAINER, ...user, ...sameUser],
      ...Object.entries(NO_SELF_TRACING).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...publish(ports.query, DEFAULT_PORTS.query),
      ...publish(ports.otlpHttp, DEFAULT_PORTS.otlpHttp),
      ...publish(ports.otlpGrpc, DEFAULT_PORTS.otlpGrpc),
      ...['--volume', `${paths.dataDir}:${CONTAINER_DATA}`, '--volume', `${paths.configFile}:${CONTAINER_CONFIG}:ro`],
      ...[image, '--config', CONTAINER_CONFIG],
    ],
    { reject: false },
  );
  if (exitCode === 0) return null;
  throw new UserError(`${command} could not start ${image}: ${stderr}. Try --with path or --with build.`, EXIT.unavailable);
}

async function untilReady(state: JaegerState, paths: JaegerPaths): Promise<void> {
  const started = performance.now();
  while (performance.now() - started < START_PATIENCE_MILLIS) {
    if ((await answers(`${state.queryUrl}/api/v3/services`)) && (await answers(`${state.otlpEndpoint}/v1/traces`))) {
      return;
    }
    if (!(await isAlive(state, paths))) break;
    await sleep(100);
  }
  await jaegerDown({ home: dirname(paths.stateFile) });
  const log = await readFile(paths.logFile, 'utf8').catch(() => '');
  throw new UserError(
    `Jaeger did not start (${log.trim().split('\n').at(-1) ?? 'no log'}). See ${paths.logFile}; if a port is taken, ` +
      'choose others with --query-port, --otlp-port and --otlp-grpc-port.',
    EXIT.unavailable,
  );
}

/** Any HTTP answer will do: the receiver refuses a GET, and that is an answer. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function servesUi(queryUrl: string): Promise<boolean> {
  const response = await fetch(`${queryUrl}/`);
  return response.ok && !(await response.text()).includes('This is not the Jaeger UI');
}

async function isAlive(state: JaegerState, paths: JaegerPaths): Promise<boolean> {
  const { pid } = state;
  if (pid === null) {
    const { stdout } = await execa(commandOf(state), ['inspect', '--format', '{{.State.Running}}', CONTAINER], { reject: false });
    return stdout.trim() === 'true';
  }
  // The number may belong to another process by now, so the command line has to name our configuration.
  return (await commandLine(pid)).includes(paths.configFile);
}

/** Of a process that runs; empty where none does. Small Linux images have no `ps`, and where COLUMNS is set it cuts lines short. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const { stdout } = await execa('ps', ['-ww', '-o', 'stat=,args=', '-p', String(pid)], { reject: false });
  return stdout.trim().startsWith('Z') ? '' : stdout;
}

/** Written down since there is more than one engine; before, it was docker. */
const commandOf = ({ runner }: JaegerState): string => (runner.kind === 'docker' && 'command' in runner ? runner.command : 'docker');

function makeDataFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (thrown) {
    throw new UserError(`Jaeger's traces cannot be kept in ${folder} (${messageOf(thrown)}): choose another folder with --home.`, EXIT.io, {
      cause: thrown,
    });
  }
}

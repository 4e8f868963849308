import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { fetchFailure, messageOf } from '../../model/errors.js';
import { JAEGER_MODULE } from './paths.js';
import { makeFolder } from '../../record/make-folder.js';
import { shownAddress } from '../../model/shown-address.js';

/** A release as its makers publish it, for one kind of machine: an archive that holds the binary, pages and all. */
export interface JaegerRelease {
  readonly version: string;
  /** Of the archive. */
  readonly sha256: string;
  /** What its makers call the kind of machine. */
  readonly platform: string;
}

/** Those whose checksum is known, by Node's names; elsewhere Jaeger is built. */
const RELEASES: Readonly<Record<string, JaegerRelease>> = {
  'linux-x64': {
    version: '2.20.0',
    platform: 'linux-amd64',
    sha256: 'c967368ba09be356089ef7e8aab2a76d170dc007ff6ccf7925c8167ede2900d7',
  },
};

/** The release for this machine; null where none is known. */
export const releaseHere = (): JaegerRelease | null => RELEASES[`${process.platform}-${process.arch}`] ?? null;

/** Another place with the same layout, such as a mirror of a company. */
export const RELEASES_VARIABLE = 'INFERSCOPE_JAEGER_RELEASES';

/** Until the first byte, and for all of some 60 MB. */
const ANSWER_MILLIS = 8000;
const DOWNLOAD_MILLIS = 600_000;

/**
 * Fetches the release's binary to `target`: compared with its checksum before anything of it is unpacked, and there whole or not at all.
 * @returns null, or in words why it cannot be had
 */
export async function fetchRelease({ version, platform, sha256 }: JaegerRelease, target: string): Promise<string | null> {
  const base = process.env[RELEASES_VARIABLE] ?? `https://${JAEGER_MODULE}/releases/download`;
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol))
    return `${RELEASES_VARIABLE} is "${shownAddress(base)}": name an address such as https://mirror.example/jaeger`;
  const name = `jaeger-${version}-${platform}`;
  const address = `${base.replace(/\/+$/, '')}/v${version}/${name}.tar.gz`;
  const archive = await download(address);
  if (typeof archive === 'string') return archive;
  const found = createHash('sha256').update(archive).digest('hex');
  if (found !== sha256) return `${address} has the checksum ${found} and not ${sha256}`;
  const home = dirname(target);
  let staging: string | undefined;
  try {
    makeFolder(home);
    staging = await mkdtemp(join(home, 'staging-'));
    await writeFile(join(staging, 'jaeger.tar.gz'), archive);
    await execa('tar', ['-xzf', 'jaeger.tar.gz', `${name}/jaeger`], { cwd: staging });
    await rename(join(staging, name, 'jaeger'), target);
    return null;
  } catch (thrown) {
    return `${address} cannot be unpacked: ${messageOf(thrown).split('\n').at(-1) ?? ''}`;
  } finally {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
  }
}

/** The bytes, or why there are none. */
async function download(address: string): Promise<Buffer | string> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), ANSWER_MILLIS);
  let begun = false;
  try {
    const response = await fetch(address, { signal: abort.signal });
    if (!response.ok) return `${address} answered HTTP ${response.status}`;
    begun = true;
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(), DOWNLOAD_MILLIS);
    return Buffer.from(await response.arrayBuffer());
  } catch (thrown) {
    const why = abort.signal.aborted ? `silent for ${ANSWER_MILLIS / 1000} s` : fetchFailure(thrown);
    if (!begun) return `${new URL(address).host} cannot be reached (${why})`;
    return `the download of ${shownAddress(address)} broke off (${abort.signal.aborted ? `not done after ${DOWNLOAD_MILLIS / 60_000} minutes` : why})`;
  } finally {
    clearTimeout(timer);
  }
}

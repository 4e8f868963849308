import { SetupProblem } from './problem.mjs';

/** The last version of @tensorflow/tfjs-node, which is what is put into a project that has none. */
export const TFJS_VERSION = '4.22.0';

/** Chosen by measurement: docs/decisions/0001-tensorflow-version.md. */
export const DEFAULT_VERSION = '2.18.1';

/**
 * Every wheel is asked for under one Python tag, whatever Python runs pip: the library needs nothing
 * of Python, and so the table of hashes has one row a version and machine. 3.11 is the only Python
 * that all versions from 2.12 to 2.21 were built for.
 */
export const PYTHON_TAG = Object.freeze({ version: '3.11', abi: 'cp311' });

/**
 * @typedef {object} Pin
 * @property {string} sha256 of the wheel
 * @property {number} wheelBytes
 * @property {number} libraryBytes what is kept of it
 */

/** @type {Readonly<Record<string, Readonly<Record<string, Pin>>>>} version → machine → pin */
const PINS = {
  '2.15.1': { x64: { sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26', wheelBytes: 207208420, libraryBytes: 613776168 } },
  '2.16.2': { x64: { sha256: 'c855cb6bf05d32dd5928086b03a5f6b4189b63c22b95e017703cbee4291023ca', wheelBytes: 214055683, libraryBytes: 631549472 } },
  '2.17.1': { x64: { sha256: '4935d35d15924602605c839cb6cd5a578f89f626d8736f62065fe3a089b63b6f', wheelBytes: 221239512, libraryBytes: 645082824 } },
  '2.18.1': { x64: { sha256: '810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298', wheelBytes: 230236181, libraryBytes: 682569648 } },
  '2.19.1': { x64: { sha256: '0b6d72bd09c267e7573757bd309f5b1e2cdb02577339991da751f3a1411e4dae', wheelBytes: 251795484, libraryBytes: 747544032 } },
  '2.20.0': { x64: { sha256: 'cf756bbe2d256e942ab5d0ad2c858fb40017581494febdb4387c149b1afde780', wheelBytes: 258876263, libraryBytes: 779485312 } },
  '2.21.0': { x64: { sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c', wheelBytes: 273829956, libraryBytes: 853308936 } },
};

/** @param {string} version @param {string} machine @returns {Pin | undefined} */
export function pinOf(version, machine) {
  return PINS[version]?.[machine];
}

export function pinnedVersions() {
  return Object.keys(PINS);
}

/**
 * @typedef {object} WheelPlatform
 * @property {string} machine Node's name of the processor
 * @property {string} distribution name of the Python package
 * @property {string[]} tags platform tags that this machine can load, oldest first
 */

/**
 * @param {{platform: string, arch: string, glibc: string | undefined}} host
 * @returns {WheelPlatform}
 */
export function wheelPlatform(host) {
  const elsewhere = 'let the vendor\'s installer reach its download host, or use Linux on x86-64 (a container will do)';
  if (host.platform !== 'linux') throw new SetupProblem('missing', `There is no TensorFlow wheel that can be linked on ${host.platform} ${host.arch}: ${elsewhere}.`);
  if (host.glibc === undefined) throw new SetupProblem('missing', 'TensorFlow is not built for musl (this looks like Alpine): use a distribution with glibc, for instance Debian.');
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[host.arch];
  if (machine === undefined) throw new SetupProblem('missing', `There is no TensorFlow wheel for Linux on ${host.arch}: ${elsewhere}.`);
  const minor = Number(host.glibc.split('.')[1]);
  const tags = [17, 24, 26, 27, 28, 31, 34].filter((n) => n <= minor).map((n) => `manylinux_2_${n}_${machine}`);
  if (tags.length === 0) throw new SetupProblem('missing', `glibc ${host.glibc} is too old for TensorFlow, which needs 2.17 or later: use a newer distribution.`);
  // On ARM the CPU-only package does not exist and the plain one is CPU-only.
  return { machine: host.arch, distribution: host.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow', tags: [...tags, `manylinux2014_${machine}`] };
}

/** @returns {{platform: string, arch: string, glibc: string | undefined}} */
export function thisHost() {
  const report = /** @type {{header?: {glibcVersionRuntime?: string}}} */ (process.platform === 'linux' ? process.report.getReport() : {});
  return { platform: process.platform, arch: process.arch, glibc: report.header?.glibcVersionRuntime };
}

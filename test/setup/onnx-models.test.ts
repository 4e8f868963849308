/** How models in PyPI's packages are fetched, with a stand-in for Python. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
// @ts-expect-error a plain script without types
import { ensureOnnxModels, NotFetched } from '../../scripts/onnx-models.mjs';

const ensure = ensureOnnxModels as (wanted: readonly string[]) => Promise<Record<'silero' | 'sileroHalf' | 'folder', string>>;
let folder: string;

/** A Python that makes environments, unpacks an archive as the file it should hold, and downloads as `download` says. */
function python(download: string): void {
  for (const bin of ['pyenv/versions/3.12.9/bin', 'cache/inferscope/keras/onnx/bin']) {
    const file = path.join(folder, bin, bin.startsWith('pyenv') ? 'python3.12' : 'python');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(
      file,
      `#!/bin/sh
case "$2 $3" in
  venv*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "pip install") ;;
  "pip download") echo "$*" >> ${folder}/pip.txt; ${download} ;;
  zipfile*) mkdir -p "$5/silero_vad/data" && cp "$4" "$5/silero_vad/data/silero_vad.onnx" ;;
  *json*) echo '{}' ;;
  *) echo 3.12 ;;
esac
`,
      { mode: 0o755 },
    );
  }
}

const DOWNLOADS = 'for to; do :; done; echo weights > "$to/silero_vad-6.2.3-py3-none-any.whl"';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'inferscope-onnx-models-'));
  vi.stubEnv('PYENV_ROOT', path.join(folder, 'pyenv'));
  vi.stubEnv('XDG_CACHE_HOME', path.join(folder, 'cache'));
  vi.stubEnv('INFERSCOPE_CACHE', undefined);
  return () => vi.unstubAllEnvs();
});

const said = async (): Promise<Error> => (await ensure(['silero']).catch((error: unknown) => error)) as Error;

it.skipIf(process.platform === 'win32')('fetches the package that holds them once, by its checksum [not on Windows]', async () => {
  python(DOWNLOADS);
  const { silero, folder: home } = await ensure(['silero', 'sileroHalf']);
  expect(path.relative(home, silero)).toBe('silero-vad-6.2.3/silero_vad/data/silero_vad.onnx');
  expect(readFileSync(silero, 'utf8')).toBe('weights\n');
  await ensure(['silero']);
  const asked = readFileSync(path.join(folder, 'pip.txt'), 'utf8').trim().split('\n');
  expect(asked).toEqual([expect.stringMatching(/^-m pip download .*--no-deps .*--require-hashes -r \S+requirements\.txt -d \S+$/)]);
});

it.skipIf(process.platform === 'win32')(
  'another checksum is an error and leaves nothing; a PyPI that is not reached is told apart [not on Windows]',
  async () => {
    python('echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE." >&2; exit 1');
    const wrong = await said();
    expect(wrong).not.toBeInstanceOf(NotFetched);
    expect(wrong.message).toMatch(/^silero-vad==6\.2\.3 has another checksum than [0-9a-f]{64}: it is not what was tested\.$/);
    expect(existsSync(path.join(folder, 'cache/inferscope/onnx/silero-vad-6.2.3'))).toBe(false);
    python('echo "no network" >&2; exit 1');
    const offline = await said();
    expect(offline).toBeInstanceOf(NotFetched);
    expect(offline.message).toBe('pip download silero-vad==6.2.3: no network');
  },
);

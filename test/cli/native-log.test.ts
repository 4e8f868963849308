import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { isNativeLogLine } from '../../src/cli/log-lines.js';
import { loadAddon } from '../../src/engines/tensorflow/session/addon.js';

const LOG = 'I0000 00:00:1796023692.519361   16766 service.cc:148] XLA service 0x1 initialized';
const FATAL = '2026-11-30 07:32:41.181240: F tensorflow/core/util/port.cc:153] Check failed: no';

describe("lines of TensorFlow's log", () => {
  it.each([
    LOG,
    'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR',
    '2026-11-30 07:32:41.181240: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.',
    '2023-01-01 00:00:00.000001: W external/local_tsl/tsl/framework/cpu_allocator_impl.cc:83] Allocation of 1 exceeds 10% of free system memory.',
    'To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the appropriate compiler flags.',
    '2023-01-01 00:00:00.000001: E external/local_xla/xla/stream_executor/cuda/cuda_dnn.cc:9261] Unable to register cuDNN factory: Attempting to register factory',
    // ONNX Runtime, which throws what it logs as an error.
    '\u001b[1;31m2026-11-30 17:11:31.123456789 [E:onnxruntime:, sequential_executor.cc:572 ExecuteKernel] Non-zero status code returned while running Add node.\u001b[m',
    '\u001b[0;93m2026-11-30 17:11:31.123456789 [W:onnxruntime:Default, device_discovery.cc:164 DiscoverDevicesForPlatform] GPU device discovery failed\u001b[m',
    '2026-11-30 17:11:31.123 [I:onnxruntime:session, inference_session.cc:600] Initializing session.',
    'INT64 output tensor will be stored as BigInt64Array.',
  ])('%s is held back', (line) => expect(isNativeLogLine(line)).toBe(true));

  it.each([
    FATAL,
    'E0000 00:00:1796023692.519361   16766 service.cc:148] failed',
    '2026-11-30 17:11:31.123 [F:onnxruntime:, session.cc:1] gone',
    '2026-11-30 17:11:31.123 [E:mine, x.cc:1] of a program',
    'Segmentation fault',
    'I am a program',
    'WARNING: check your input',
    'W tensorflow is slow',
    'terminate called after throwing an instance of',
    '',
  ])('"%s" is not', (line) => expect(isNativeLogLine(line)).toBe(false));
});

/** A process that holds back its log, writes to descriptor 2 as TensorFlow does, and ends as `end` says. */
async function program(end: string, { options = [], env = {} }: { options?: readonly string[]; env?: Record<string, string> } = {}) {
  const held = path.resolve('dist/cli/native-log.js');
  const code = `import { writeSync } from 'node:fs';
    import { holdBackNativeLog } from ${JSON.stringify(held)};
    const log = holdBackNativeLog();
    writeSync(2, ${JSON.stringify(`${LOG}\n${FATAL}\n`)});
    console.error('a remark');
    ${end}`;
  return await execa(process.execPath, [...options, '--input-type=module', '-e', code], { reject: false, env });
}

// The built one: that is what the process below loads.
const built = loadAddon(path.resolve('dist/engines/tensorflow/native'));

describe.runIf(built.status === 'ready' && typeof built.addon.pipeStderr === 'function')(
  'a command whose TensorFlow logs [needs the add-on]',
  () => {
    it('shows errors and our own remarks in their order, and keeps the log in the file', async () => {
      const file = path.join(mkdtempSync(path.join(tmpdir(), 'native-log-')), 'tensorflow.log');
      const { stderr, exitCode } = await program(`await log.stop(${JSON.stringify(file)}); console.error('after');`);
      expect({ lines: stderr.split('\n'), exitCode }).toEqual({ lines: [FATAL, 'a remark', 'after'], exitCode: 0 });
      expect(readFileSync(file, 'utf8')).toBe(`${LOG}\n`);
    });

    it('forgets the log where no file is named', async () => {
      const { stderr } = await program('await log.stop();');
      expect(stderr.split('\n')).toEqual([FATAL, 'a remark']);
    });

    it('swallows nothing when it crashes, is killed, or throws', async () => {
      for (const [end, last] of [
        ['process.abort();', null],
        ["process.kill(process.pid, 'SIGKILL');", null],
        ["throw new Error('broken');", 'Error: broken'],
      ] as const) {
        const { stderr } = await program(end);
        expect(stderr).toContain(`${FATAL}\na remark\n`);
        expect(stderr).toContain(LOG);
        if (last !== null) expect(stderr).toContain(last);
      }
    });

    it('says in one sentence that its heap is full, and what helps', async () => {
      const fill = 'let kept; for (;;) kept = { kept };';
      const [typed, variable] = await Promise.all([
        program(fill, { options: ['--max-old-space-size=30'] }),
        program(fill, { env: { NODE_OPTIONS: '--max-old-space-size=30' } }),
      ]);
      const said = (remedy: string) => `${FATAL}\na remark\n\ninferscope: The memory of Node.js is used up: ${remedy}.`;
      expect([typed.stderr, typed.signal]).toEqual([said('leave `--max-old-space-size=30` out, or raise it'), 'SIGABRT']);
      expect([variable.stderr, variable.signal]).toEqual([said('allow more with `NODE_OPTIONS=--max-old-space-size=4096`'), 'SIGABRT']);
    });

    it('passes on a line without an end', async () => {
      const { stderr } = await program("writeSync(2, 'half'); await log.stop();");
      expect(stderr).toBe(`${FATAL}\na remark\nhalf`);
    });
  },
);

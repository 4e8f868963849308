import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { traceBatches } from '../../src/telemetry/otlp/batches.js';
import { tracesDataFromSpans } from '../../src/formats/otlp/write-json.js';
import { spansFromRecording } from '../../src/telemetry/spans/spans-from-recording.js';
import { UserError } from '../../src/model/errors.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';
import { renderChromeTrace } from '../../src/formats/chrome-trace/write.js';
import { foldTree } from '../../src/formats/folded/write.js';
import { renderPprof } from '../../src/formats/pprof/write.js';
import { renderSpeedscope } from '../../src/formats/speedscope/write.js';
import { drawLines } from '../helpers/drawn-lines.js';
import { drawAnalysis, TINY } from '../helpers/drawn-analysis.js';

const analysis = drawAnalysis(TINY);
const recording = drawLines(`
  call glue predict 0..1000
    kernel kernel-execution MatMul 100..400
`);
const spans = [...traceBatches(spansFromRecording(recording).rows(), 100)].flatMap((batch) => [...batch.spans]);
const json = JSON.stringify(tracesDataFromSpans(spans));
const cpu = {
  startTime: 0,
  endTime: 9,
  nodes: [
    { id: 1, callFrame: { functionName: '(root)', url: '', lineNumber: -1 }, children: [2] },
    { id: 2, callFrame: { functionName: 'f', url: '', lineNumber: 1 } },
  ],
  samples: [2, 2],
  timeDeltas: [1, 2],
};

/** One whole file of each format. */
const FILES: Readonly<Record<string, Uint8Array>> = {
  'a.cpuprofile': Buffer.from(JSON.stringify(cpu)),
  'a.nanos.collapsedstack.txt': Buffer.from(foldTree(analysis.variants[0]!.tree)),
  'a.trace.json': renderChromeTrace([recording]),
  'a.trace.json.gz': gzipSync(renderChromeTrace([recording])),
  'a.speedscope.json': Buffer.from(renderSpeedscope(analysis)),
  'a.pb.gz': renderPprof(analysis.variants),
  'a.otlp.jsonl': Buffer.from(`${json}\n${json}\n`),
  'a.otlp.pb': ProtobufTraceSerializer.serializeRequest(spans)!,
};

it.each(Object.keys(FILES))('%s whole is read', (name) => {
  expect(readForeignProfile(name, FILES[name]!).length).toBeGreaterThan(0);
});

it.each(Object.keys(FILES))('%s cut off or overwritten anywhere: read, or one sentence that names the file', (name) => {
  const whole = FILES[name]!;
  const damage = fc.record({
    keep: fc.nat(whole.length),
    at: fc.nat(whole.length - 1),
    bytes: fc.uint8Array({ maxLength: 6 }),
    cut: fc.boolean(),
  });
  let refused = 0;
  fc.assert(
    fc.property(damage, ({ keep, at, bytes, cut }) => {
      const damaged = Buffer.from(cut ? whole.subarray(0, keep) : whole);
      if (!cut) damaged.set(bytes.subarray(0, whole.length - at), at);
      try {
        for (const { tree } of readForeignProfile(name, damaged)) expect(Number.isFinite(tree.totalNanos)).toBe(true);
      } catch (thrown) {
        refused++;
        expect(thrown, String(thrown)).toBeInstanceOf(UserError);
        expect((thrown as UserError).message).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')}[: ][^\\n]+\\.$`));
      }
    }),
    { numRuns: 400 },
  );
  expect(refused).toBeGreaterThan(0);
});

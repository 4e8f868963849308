/** Targets: the readers of other tools' files, and what stands behind them. A target has seeds, and a run that throws on a fault. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { compareProfiles } from '../../dist/analyse/compare-profiles.js';
import { recordingFromTraces } from '../../dist/telemetry/spans/from-traces.js';
import { profilesOf, readForeignFile } from '../../dist/formats/read-foreign.js';
import { renderProfilesMarkdown } from '../../dist/report/studies/profiles/markdown.js';
import { viewOfProfiles } from '../../dist/runs/view-profiles.js';
import { checkText, checkTree, orRefused } from './checks.mjs';

const FIXTURES = 'test/fixtures/foreign';
const fixture = (part) => readdirSync(FIXTURES).filter((name) => name.includes(part)).map((name) => readFileSync(path.join(FIXTURES, name)).subarray(0, 60_000));
const json = (value) => Buffer.from(JSON.stringify(value));
const frame = (functionName) => ({ functionName, url: 'file:///a.js', lineNumber: 1 });
const spans = [1, 2, 3].map((id) => ({ traceId: '0'.repeat(31) + '1', spanId: `000000000000000${id}`, parentSpanId: id === 1 ? '' : '0000000000000001', name: `s${id}`, kind: id, startTimeUnixNano: `179000000000000${id}000`, endTimeUnixNano: `179000000000009${id}000`, attributes: [{ key: 'a', value: { intValue: '1' } }], events: [{ name: 'e', timeUnixNano: '1790000000000001000' }], status: { code: 1 } }));
const scope = [{ scope: { name: 'x' }, spans }];

const SEEDS = {
  'chrome-trace': () => [
    ...fixture('.trace.json'),
    json({ traceEvents: [{ ph: 'B', name: 'a', pid: 1, tid: 1, ts: 1 }, { ph: 'B', name: 'b', pid: 1, tid: 1, ts: 2 }, { ph: 'E', name: 'a', pid: 1, tid: 1, ts: 3 }, { ph: 'E', pid: 1, tid: 1, ts: 4 }, { ph: 'b', name: 'r', cat: 'c', id: '0x1', pid: 1, tid: 1, ts: 1 }, { ph: 'e', name: 'r', cat: 'c', id: '0x1', pid: 1, tid: 2, ts: 9 }, { ph: 'b', name: 'l', id2: { local: 1 }, pid: 1, ts: 1 }, { ph: 'e', name: 'l', id2: { local: 1 }, pid: 1, ts: 2 }, { ph: 'X', name: 'x', ts: '3', dur: '1.5', args: { 'Input Dims': [[1, 2]] } }] }),
    json({ traceEvents: [{ ph: 'P', name: 'Profile', id: '0x1', pid: 1, tid: 1, ts: 1, args: { data: { startTime: 1 } } }, { ph: 'P', name: 'ProfileChunk', id: '0x1', pid: 1, tid: 2, ts: 2, args: { data: { cpuProfile: { nodes: [{ id: 1, callFrame: frame('(root)') }, { id: 2, parent: 1, callFrame: frame('f') }], samples: [2, 2] }, timeDeltas: [1, 2] } } }] }),
  ],
  cpuprofile: () => [
    json({ startTime: 1, endTime: 9, nodes: [{ id: 1, callFrame: frame('(root)'), children: [2] }, { id: 2, callFrame: frame('f'), hitCount: 2 }], samples: [2, 2], timeDeltas: [1, 2] }),
    json({ head: { functionName: '(root)', id: 1, hitCount: 0, children: [{ functionName: 'f', id: 2, hitCount: 3, children: [] }] }, startTime: 1, endTime: 2, samples: [2, 1], timestamps: [1000001, 1000005] }),
  ],
  otlp: () => [
    ...fixture('otlp'), json({ resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a' } }] }, scopeSpans: scope }] }), json({ batches: [{ instrumentationLibrarySpans: scope }] }),
    Buffer.from(`${JSON.stringify({ resourceLogs: [] })}\n${JSON.stringify({ trace: { resourceSpans: [{ scopeSpans: scope }] } })}\n`),
  ],
  jaeger: () => [
    json({ data: [{ traceID: 't', spans: [{ traceID: 't', spanID: '1', operationName: 'a', startTime: 1, duration: 9, references: [], processID: 'p' }, { traceID: 't', spanID: '2', operationName: 'b', startTime: 2, duration: 3, references: [{ refType: 'CHILD_OF', traceID: 't', spanID: '1' }], processID: 'p' }], processes: { p: { serviceName: 's' } } }] }),
    json([{ traceId: 't', id: '1', name: 'a', timestamp: 1, duration: 9, kind: 'CLIENT' }, { traceId: 't', id: '1', name: 'b', timestamp: 2, duration: 5, kind: 'SERVER', localEndpoint: { serviceName: 'x' } }]),
  ],
  speedscope: () => [...fixture('speedscope'), json({ shared: { frames: [{ name: 'a' }, { name: 'a', file: 'f', line: 1 }] }, profiles: [{ type: 'evented', name: 'p', unit: 'milliseconds', startValue: 0, endValue: 9, events: [{ type: 'O', frame: 0, at: 0 }, { type: 'O', frame: 1, at: 2 }, { type: 'C', frame: 1, at: 3 }, { type: 'C', frame: 0, at: 9 }] }] })],
  collapsed: () => [...fixture('collapsed'), Buffer.from('a;b 3\na;c 4.5\n'), Buffer.from('a;b 3 4\na;c 4 0\n'), Buffer.from('[libc];main 3\n')],
  pprof: () => [Buffer.from('CgQIARACEgkKAgIBEgIBAiICCAEiAggCKgQIARABKgQIAhADMgAyA2NwdTIFY291bnQyAWYyAWc=', 'base64'), ...fixture('.pb')],
  perfetto: () => fixture('perfetto'),
  packed: () => [gzipSync('a;b 3\na;c 4\n'), gzipSync('{"traceEvents":[{"ph":"X","name":"a","ts":0,"dur":1}]}'), Buffer.from('28b52ffd20f06d000030613b6220330a0100e750a508', 'hex')],
};

function read(bytes) {
  orRefused(() => {
    const file = readForeignFile('fuzz.json', bytes);
    const profiles = profilesOf(file);
    if (file.kind === 'traces') recordingFromTraces(file.traces);
    for (const profile of profiles) checkTree(profile.tree);
    checkText(renderProfilesMarkdown(viewOfProfiles('fuzz.json', profiles)), bytes);
    const [first] = profiles;
    if (first !== undefined) compareProfiles(first, first);
  });
}

export const READERS = Object.entries(SEEDS).map(([name, seeds]) => ({ name, seeds, run: read }));

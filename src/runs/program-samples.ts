import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { shapeCheck } from '../model/shape-check.js';
import { parsedJson } from '../model/parsed-json.js';
import type { V8Profile } from '../record/v8-profile.js';
import type { ProgramSamples } from '../telemetry/profiles/program-samples.js';

const numbers = { type: 'array', items: { type: 'number' } } as const;
const check = shapeCheck(() =>
  new Ajv().compile({
    type: 'object',
    required: ['nodes', 'samples', 'timeDeltas', 'startTime', 'endTime', 'inferscope'],
    properties: {
      nodes: { type: 'array', items: { type: 'object', required: ['id', 'callFrame'] } },
      samples: numbers,
      timeDeltas: numbers,
      startTime: { type: 'number' },
      endTime: { type: 'number' },
      inferscope: {
        type: 'object',
        required: ['pid', 'originEpochNanos', 'offsetMicros', 'intervalMicros', 'calls'],
        properties: {
          pid: { type: 'number' },
          originEpochNanos: { type: 'string', pattern: '^[0-9]{1,20}$' },
          offsetMicros: { type: 'number' },
          intervalMicros: { type: 'number' },
          calls: { type: 'array', items: { type: ['number', 'null'] } },
        },
      },
    },
  }),
);

/** What a sampled program wrote to its run folder. A file that a killed process left half is left out. */
export function programSamplesOf(folder: string): readonly ProgramSamples[] {
  const js = path.join(folder, 'js');
  return readdirSync(js, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.cpuprofile'))
    .flatMap(({ name }) => {
      const json = parsedJson(readFileSync(path.join(js, name), 'utf8'));
      if (check(json) !== null) return [];
      const { inferscope, ...profile } = json as V8Profile & { readonly inferscope: Omit<ProgramSamples, 'profile'> };
      return [{ ...inferscope, profile }];
    });
}

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { loadOnnxAddon } from '../../../src/engines/onnxruntime/session/addon.js';
import { heldOperations } from '../../../src/engines/onnxruntime/session/held.js';
import { seeOptimisedGraph } from '../../../src/engines/onnxruntime/session/helper-session.js';
import { graphOf } from '../../../src/engines/onnxruntime/session/model-graph.js';
import {
  bitsOf,
  entry,
  fixture,
  floats,
  longs,
  openInside,
  openSession,
  ort,
  textOfOwnProfile,
} from '../../engines/onnxruntime/session/support.js';
import { npmProject, onnxModels, type OnnxModel } from '../../helpers/onnx-models.js';

const { ensureNode } = (await import(pathToFileURL(path.resolve('scripts/node-versions.mjs')).href)) as {
  ensureNode(name: string): Promise<string>;
};
const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const LINUX = process.platform === 'linux';

const ids = (of: (index: number) => number): object =>
  longs(
    Array.from({ length: 32 }, (_, index) => of(index)),
    [1, 32],
  );
const FEEDS: Partial<Record<OnnxModel, () => object>> = {
  magika: () => ({
    bytes: new ort.Tensor(
      'int32',
      Int32Array.from({ length: 2048 }, (_, index) => (index * 31) % 256),
      [1, 2048],
    ),
  }),
  silero: () => ({ input: floats([1, 512]), state: floats([2, 1, 128]), sr: longs([16_000], []) }),
  classification: () => ({ x: floats([1, 3, 48, 192]) }),
  detection: () => ({ x: floats([1, 3, 320, 320]) }),
  minilm: () => ({ input_ids: ids((index) => 1000 + index * 97), attention_mask: ids(() => 1), token_type_ids: ids(() => 0) }),
};

/** Kernels that the session's own profiler counts in one run, by a search of its text. */
const countedByOwn = async (model: string, options: object, feeds: object): Promise<number> =>
  (await textOfOwnProfile(model, options, feeds)).split('_kernel_time"').length - 1;

describe.skipIf(!LINUX)('models that nobody here made [needs Linux]', () => {
  it.for(Object.keys(FEEDS) as OnnxModel[])(
    '%s: the same bits traced, and the kernels that the session’s own profiler counts',
    async (name, context) => {
      const models = await onnxModels(context, [name]);
      const feeds = FEEDS[name]!();
      for (const options of [{ intraOpNumThreads: 1 }, { intraOpNumThreads: 2, graphOptimizationLevel: 'basic' }]) {
        const { session, view, trace } = await openSession(models[name], options, openInside('own'));
        const plain = bitsOf(await session.run(feeds));
        const { kernels, startNanos, endNanos } = await trace(feeds);
        expect(kernels.reduce((sum, { repeat }) => sum + repeat, 0)).toBe(await countedByOwn(models[name], options, feeds));
        expect(kernels.reduce((sum, { wallNanos }) => sum + wallNanos, 0)).toBeLessThanOrEqual(endNanos - startNanos);
        view.tracer.traceNextRun();
        expect(bitsOf(await session.run(feeds))).toBe(plain);
        expect(view.tracer.takeTrace()).not.toBeNull();
        await session.release();
      }
    },
  );

  it.for(['magika', 'detection', 'minilm'] as const)(
    '%s: each operation of the original graph is in exactly one kernel',
    async (name, context) => {
      const models = await onnxModels(context, [name]);
      const original = graphOf({ kind: 'path', path: models[name] });
      for (const graphOptimizationLevel of ['extended', 'all']) {
        const seen = await seeOptimisedGraph({ entry, model: { kind: 'path', path: models[name] }, options: { graphOptimizationLevel } });
        if ('reason' in seen) throw new Error(seen.reason);
        const all = [...heldOperations(original, seen.graph).values()].flat();
        const computed = original.nodes.filter(({ op }) => op !== 'Constant' && op !== 'Identity');
        expect(new Set(all).size).toBe(all.length);
        expect(computed.filter((node) => !all.includes(node)).map(({ op, name: node }) => `${op} ${node}`)).toEqual([]);
      }
    },
  );
});

describe.skipIf(!LINUX)('many traced runs [needs Linux]', () => {
  it('leave no memory and no file behind', async () => {
    const { session, view } = await openSession(fixture('tiny'), {}, openInside('own'));
    const feeds = { x: floats([2, 4]) };
    const trace = async (runs: number): Promise<number> => {
      for (let run = 0; run < runs; run++) {
        view.tracer.traceNextRun();
        await session.run(feeds);
        if (view.tracer.takeTrace() === null) throw new Error(`run ${run} was not traced`);
      }
      globalThis.gc?.();
      return process.memoryUsage().rss;
    };
    const before = await trace(3000);
    const after = await trace(10_000);
    // A leak of a hundred bytes per run would be a megabyte; the heap itself moves by more than that.
    expect(after - before).toBeLessThan(24e6);
    expect(view.tracer.counts).toEqual({ taken: 13_000, lost: 0, unreadable: 0 });
    const own = readdirSync('/dev/shm').filter((name) => name.startsWith(`inferscope-onnx-${process.pid}-`));
    expect(own.flatMap((name) => readdirSync(path.join('/dev/shm', name)))).toEqual([]);
    await session.release();
  });
});

describe.skipIf(!LINUX)('other versions [needs Linux]', () => {
  it.each(['22', '24', '26'])('of Node.js: %s keeps the runs of workers apart', async (name) => {
    const node = await ensureNode(name);
    const status = loadOnnxAddon();
    if (status.status === 'unavailable') throw new Error(status.reason);
    const { stdout } = await execa(node, [
      path.resolve('test/engines/onnxruntime/native/child.cjs'),
      status.path,
      path.resolve(fixture('tiny')),
      'workers',
    ]);
    const each = { reach: 7, traced: 10, kernels: 60, other: 0, plain: 10 };
    expect(JSON.parse(stdout)).toEqual({ own: each, workers: Array(4).fill({ ...each, code: 0 }), after: each });
  });

  it.for(['1.21', '1.24'])(
    'of ONNX Runtime: %s has times of creation and run, and says why there are no kernels',
    async (version, context) => {
      const project = await npmProject(`onnx-${version}`, context);
      const out = execFileSync(
        process.execPath,
        [beside('old-version.cjs'), project, path.resolve(fixture('tiny')), path.resolve('dist')],
        { encoding: 'utf8' },
      );
      expect(JSON.parse(out)).toEqual({
        created: true,
        run: true,
        kernels: false,
        reasons: [
          expect.stringMatching(
            `^Kernels inside runs are not seen: profiles of single runs came with ONNX Runtime 1.25, and this is ${version}.*: npm install onnxruntime-node@latest, or \`inferscope profile MODEL.onnx\`\\.$`,
          ),
        ],
        outputs: 4,
      });
    },
  );
});

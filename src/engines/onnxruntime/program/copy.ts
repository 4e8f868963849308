import type { CallPolicy, CallSite, UnrecordedCall } from '../../call-site.js';
import type { EngineCopy, ModelIdentity, ProgramInstruments, ProgramSeams } from '../../in-program.js';
import { packageOf } from '../../package-of.js';
import type { Environment } from '../../../model/recording.js';
import { onnxEnvironment } from '../load/environment.js';
import { OnnxInstrumentation } from '../seams/instrumentation.js';
import { shownSource, type OnnxLibrary } from '../seams/library.js';
import type { NativeInside } from '../seams/native-inside.js';
import { Sessions, sourceIn, type LoadedSource } from './sessions.js';
import { Transformers } from './transformers/transformers.js';
import { CREATE } from './variants.js';

/** One native library of ONNX Runtime with the class that programs call, and transformers.js on top of it. */
export class OnnxCopy implements EngineCopy {
  readonly name = 'ONNX Runtime';
  readonly identity: object;
  readonly #libraries: OnnxLibrary[];
  readonly #instruments = new Set<OnnxInstrumentation>();
  readonly #sessions = new Sessions();
  readonly #files: string[];
  readonly #inside: () => NativeInside | undefined;
  readonly #tell: (file: string, sentence: string) => void;

  constructor(
    first: OnnxLibrary,
    file: string,
    { inside, tell }: { readonly inside: () => NativeInside | undefined; readonly tell: (file: string, sentence: string) => void },
  ) {
    this.identity = first.binding;
    this.#libraries = [first];
    this.#files = [file];
    this.#inside = inside;
    this.#tell = tell;
  }

  add(library: OnnxLibrary, file: string): void {
    if (this.#libraries.some(({ InferenceSession }) => InferenceSession === library.InferenceSession)) return;
    this.#libraries.push(library);
    this.#files.push(file);
    for (const instrumentation of this.#instruments) instrumentation.add(library);
  }

  /** Whether programs call this class of it. */
  has(type: unknown): boolean {
    return this.#libraries.some(({ InferenceSession }) => InferenceSession === type);
  }

  instrument(seams: ProgramSeams): ProgramInstruments {
    const { recorder, level, depth } = seams;
    const inside = seams.inside === 'sampled' && level === 'kernels' ? this.#inside() : undefined;
    const transformers = new Transformers(seams, this.#tell);
    const instrumentation = new OnnxInstrumentation(
      {
        recorder,
        level,
        policy: transformers.runsPolicy((site) => this.#runs(site, seams.policy)),
        creations: (site) => this.#creations(site, seams.policy, transformers),
        onSession: (session, { source }) => this.#sessions.made(session, source),
        onNativeSession: (session, { source }) => this.#sessions.made(session, source),
        ...(inside === undefined ? {} : { inside }),
        ...(depth === undefined ? {} : { depth }),
        ...(seams.unrecorded === undefined ? {} : { unrecorded: this.#unrecorded(transformers, seams.unrecorded) }),
      },
      ...this.#libraries,
    );
    this.#instruments.add(instrumentation);
    return {
      enable: () => instrumentation.enable(),
      disable: () => {
        this.#instruments.delete(instrumentation);
        instrumentation.disable();
        transformers.disable();
      },
    };
  }

  environment(): Environment {
    const packages = this.#files.flatMap((file) => {
      const found = packageOf(file);
      return found?.version === undefined ? [] : [[found.name, found.version] as const];
    });
    return onnxEnvironment({ packages: Object.fromEntries(packages), threads: { intraOp: null, interOp: null } });
  }

  identify({ model, runtime }: Pick<CallSite, 'model' | 'runtime'>): ModelIdentity {
    return this.#sourceOf(model)?.identity ?? { architecture: [], values: [], name: runtime, parameters: null, weights: [] };
  }

  sourceOf(model: object): object {
    return this.#sessions.of(model) ?? model;
  }

  /** How far ONNX Runtime optimises the graph of a session; a pipeline is a state of its own. */
  stateOf({ variant, model }: CallSite): string {
    return variant ?? this.#sessions.of(model)?.level ?? 'all';
  }

  nameOf(model: object): string | undefined {
    return this.#sourceOf(model)?.identity.name;
  }

  /** What is identified may be a model's source itself. */
  #sourceOf(model: object): LoadedSource | undefined {
    return this.#sessions.of(model) ?? ('identity' in model && 'files' in model ? (model as LoadedSource) : undefined);
  }

  /** What transformers.js runs beside its models outside of any pipeline is no call. */
  #runs(site: CallSite, policy: CallPolicy): ReturnType<CallPolicy> {
    return this.#sessions.of(site.model)?.role === 'helper' ? undefined : policy(site);
  }

  #creations({ runtime, inputs }: CallSite, policy: CallPolicy, transformers: Transformers): ReturnType<CallPolicy> {
    const creation = {};
    const made = this.#expect(creation, Array.isArray(inputs) ? inputs : [], transformers);
    if (made?.role === 'helper') return undefined;
    return policy({ runtime, variant: CREATE.name, call: CREATE.call, model: creation, inputs: made?.shown });
  }

  /** What a session is about to be made of; undefined for arguments that `create` will refuse, which are its own to refuse. */
  #expect(
    creation: object,
    args: readonly unknown[],
    transformers: Transformers,
  ): { readonly role: LoadedSource['role']; readonly shown: string } | undefined {
    try {
      const source = sourceIn(args);
      const { role } = this.#sessions.expect(creation, source, transformers.look());
      return source === undefined ? undefined : { role, shown: shownSource(source) };
    } catch {
      return undefined;
    }
  }

  #unrecorded(transformers: Transformers, unrecorded: UnrecordedCall): UnrecordedCall {
    return (site, nanos, outcome) => {
      if (!transformers.inUnrecorded() && this.#sessions.of(site.model)?.role !== 'helper') unrecorded(site, nanos, outcome);
    };
  }
}

/** Where ONNX Runtime Web keeps its WebAssembly, by the file that instantiates it. */
const OWN_FILE = /(?:file:\/\/)?([^\s()]*ort-wasm[^\s()/\\]*\.[cm]?js)/;
/** What its WebAssembly holds under whatever name a bundle gives it. */
const MARK = 'onnxruntime';
/** Its smallest build has megabytes; a smaller module is not searched. */
const MIN_BYTES = 2 ** 20;

interface WebAssemblySeam {
  instantiate: (this: unknown, ...args: readonly unknown[]) => unknown;
}

/**
 * Tells of ONNX Runtime Web when it makes its first session: then it instantiates its WebAssembly, whether it came as CommonJS, as an
 * ES module or inside a bundle. Packages that load it without using it are not told of.
 */
export function watchWeb(told: (file: string) => void): void {
  const holder = Reflect.get(globalThis, 'WebAssembly') as WebAssemblySeam | undefined;
  if (holder === undefined) return;
  const original = holder.instantiate;
  holder.instantiate = function (this: unknown, ...args) {
    const file = fileOf(args[0], new Error().stack ?? '');
    if (file !== undefined) told(file);
    return Reflect.apply(original, this, args);
  };
}

function fileOf(source: unknown, stack: string): string | undefined {
  const own = OWN_FILE.exec(stack)?.[1];
  if (own !== undefined) return own;
  const bytes = bytesOf(source);
  return bytes !== undefined && bytes.length >= MIN_BYTES && bytes.includes(MARK) ? callerIn(stack) : undefined;
}

function bytesOf(source: unknown): Buffer | undefined {
  if (ArrayBuffer.isView(source)) return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return source instanceof ArrayBuffer || source instanceof SharedArrayBuffer ? Buffer.from(source) : undefined;
}

/** The file below ours. */
const callerIn = (stack: string): string => /(?:file:\/\/)?([^\s()]+):\d+:\d+\)?$/.exec(stack.split('\n')[2] ?? '')?.[1] ?? 'a bundle';

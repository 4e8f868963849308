/** What a pipeline was given, as shapes: values are looked at only for what kind of thing they are. */
interface Described {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** One description of the first argument of a pipeline: its first dimension is how many inputs there are. */
export function describeInput(given: unknown): readonly Described[] {
  if (!Array.isArray(given)) return [described(given, 1)];
  if (given.length > 0 && given.every(isMessage)) return [{ dtype: 'messages', shape: [1, given.length] }];
  return [described(given[0], given.length)];
}

function described(one: unknown, count: number): Described {
  if (typeof one === 'string') return { dtype: 'string', shape: [count] };
  if (ArrayBuffer.isView(one) && 'length' in one) return { dtype: dtypeOf(one), shape: [count, Number(one.length)] };
  if (typeof one !== 'object' || one === null) return { dtype: typeof one, shape: [count] };
  const { width, height, channels } = one as Readonly<Record<string, unknown>>;
  if (typeof width === 'number' && typeof height === 'number')
    return { dtype: 'image', shape: [count, height, width, ...(typeof channels === 'number' ? [channels] : [])] };
  const type: unknown = one.constructor;
  return { dtype: typeof type === 'function' ? type.name.toLowerCase() : 'object', shape: [count] };
}

/** `Float32Array` → `float32`. */
const dtypeOf = (array: object): string => array.constructor.name.replace(/Array$/, '').toLowerCase();

const isMessage = (value: unknown): boolean => typeof value === 'object' && value !== null && 'role' in value && 'content' in value;

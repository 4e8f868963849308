import { messages, readerOf, WIRE, WireError } from '../../model/protobuf-wire.js';
import { messagesIn } from './messages.js';

/** Fields that one of must be there: what a metric is of (gauge, sum, histograms, summary), when and what was logged. */
const METRIC_DATA: readonly number[] = [5, 7, 9, 10, 11];
const [NAME, BODY, OBSERVED] = [1, 5, 11];

/** Which signal of OTLP without spans the bytes hold, by the first of its entries within scopes within resources; null for none. */
export function otherSignalIn(bytes: Uint8Array): 'metrics' | 'logs' | null {
  try {
    const entry = [1, 2, 2].reduce<Uint8Array | undefined>((at, field) => (at === undefined ? at : messages(at, field)[0]), firstIn(bytes));
    return entry === undefined ? null : signalOf(entry);
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown;
    return null;
  }
}

const firstIn = (bytes: Uint8Array): Uint8Array | undefined => messagesIn(bytes).messages[0];

function signalOf(entry: Uint8Array): 'metrics' | 'logs' | null {
  const wires = new Map<number, number>();
  let name = '';
  const reader = readerOf(entry);
  while (reader.next(entry.length)) {
    wires.set(reader.field, reader.wire);
    if (reader.field === NAME && reader.wire === WIRE.bytes) name = reader.string();
  }
  if (/^[\x20-\x7e]+$/.test(name) && METRIC_DATA.some((field) => wires.get(field) === WIRE.bytes)) return 'metrics';
  const isTimed = [NAME, OBSERVED].some((field) => wires.get(field) === WIRE.fixed64);
  return isTimed && wires.get(BODY) === WIRE.bytes ? 'logs' : null;
}

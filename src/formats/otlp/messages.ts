/** Where the message behind a length begins and ends; undefined for what is no length. */
type LengthAt = (view: DataView, at: number) => { readonly start: number; readonly end: number } | undefined;

const behind = (start: number, length: number): ReturnType<LengthAt> => (length > 0 ? { start, end: start + length } : undefined);

/** A length of up to 34 GB. */
const MAX_VARINT_BYTES = 5;

function varintAt(view: DataView, at: number): ReturnType<LengthAt> {
  let length = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = view.getUint8(at + i);
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return behind(at + i + 1, length);
  }
  return undefined;
}

/** How lengths are written: by the collector's file exporter, by protobuf's own writers of streams, by gRPC. */
export const LENGTHS = {
  fourBytes: (view, at) => behind(at + 4, view.getUint32(at)),
  varint: varintAt,
  grpc: (view, at) => (view.getUint8(at) === 0 ? behind(at + 5, view.getUint32(at + 1)) : undefined),
} satisfies Readonly<Record<string, LengthAt>>;

export interface Messages {
  readonly messages: readonly Uint8Array[];
  readonly isCut: boolean;
}

/** Messages each behind its length; the last one may be cut off. Null where the first is not. */
export function messagesBehind(lengthAt: LengthAt, bytes: Uint8Array): Messages | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: Uint8Array[] = [];
  let at = 0;
  // No message of spans or profiles is as short as a length may be.
  while (at + MAX_VARINT_BYTES <= bytes.length) {
    const found = lengthAt(view, at);
    if (found === undefined || found.end > bytes.length) break;
    messages.push(bytes.subarray(found.start, found.end));
    at = found.end;
  }
  return messages.length === 0 ? null : { messages, isCut: at < bytes.length };
}

/** As the collector's file exporter writes them; else the bytes are one message. */
export const messagesIn = (bytes: Uint8Array): Messages => messagesBehind(LENGTHS.fourBytes, bytes) ?? { messages: [bytes], isCut: false };

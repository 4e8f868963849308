/** A recording file's chunks, header first. */
export function chunksOf(bytes: Buffer): Buffer[] {
  const chunks = [bytes.subarray(0, 12)];
  for (let offset = 12; offset < bytes.length;) {
    const end = offset + 12 + bytes.readUInt32LE(offset + 4);
    chunks.push(bytes.subarray(offset, end));
    offset = end;
  }
  return chunks;
}

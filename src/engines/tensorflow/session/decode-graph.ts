import { WireReader } from '../../../model/protobuf-wire.js';

/**
 * Fused operations by node name, from an optimised GraphDef (framework/graph.proto): only the attribute `fused_ops`
 * of each node, in the graph and in its function library. Weights and everything else are passed over.
 *
 * @throws WireError when the bytes are not a GraphDef
 */
export function decodeFusedOps(graph: Uint8Array): Map<string, readonly string[]> {
  const buffer = Buffer.from(graph.buffer, graph.byteOffset, graph.byteLength);
  const reader = new WireReader(buffer);
  const fused = new Map<string, readonly string[]>();
  while (reader.next(buffer.length)) {
    if (reader.field === 1) readNode(reader, fused);
    else if (reader.field === 2) readLibrary(reader, fused);
  }
  return fused;
}

/** FunctionDefLibrary { function = 1 }. */
function readLibrary(reader: WireReader, fused: Map<string, readonly string[]>): void {
  const end = reader.enter();
  while (reader.next(end)) {
    if (reader.field === 1) readFunction(reader, fused);
  }
}

/** FunctionDef { node_def = 3 }. */
function readFunction(reader: WireReader, fused: Map<string, readonly string[]>): void {
  const end = reader.enter();
  while (reader.next(end)) {
    if (reader.field === 3) readNode(reader, fused);
  }
}

/** NodeDef { name = 1, attr = 5 }. */
function readNode(reader: WireReader, fused: Map<string, readonly string[]>): void {
  const end = reader.enter();
  let name = '';
  let ops: readonly string[] = [];
  while (reader.next(end)) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 5) ops = readFusedAttribute(reader) ?? ops;
  }
  if (ops.length > 0) fused.set(name, ops);
}

/** A map entry { key = 1, value = 2 AttrValue }; null for other attributes. */
function readFusedAttribute(reader: WireReader): readonly string[] | null {
  const end = reader.enter();
  let key = '';
  let ops: readonly string[] = [];
  while (reader.next(end)) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2 && key === 'fused_ops') ops = readStringList(reader);
  }
  return key === 'fused_ops' ? ops : null;
}

/** AttrValue { list = 1 }. */
function readStringList(reader: WireReader): readonly string[] {
  const end = reader.enter();
  const strings: string[] = [];
  while (reader.next(end)) {
    if (reader.field === 1) readStrings(reader, strings);
  }
  return strings;
}

/** ListValue { s = 2 }. */
function readStrings(reader: WireReader, strings: string[]): void {
  const end = reader.enter();
  while (reader.next(end)) {
    if (reader.field === 2) strings.push(reader.string());
  }
}

import { readFileSync, writeFileSync } from 'node:fs';
import { textIn, WIRE, WireReader } from '../../../model/protobuf-wire.js';
import { readOnnxModel } from './read-model.js';
import { message } from './write-model.js';

/**
 * Removes from a model that ONNX Runtime has optimised the inputs that the original does not have. Constants are inputs with a value in
 * models of before 2019; those that were folded lose the value and stay inputs, so that no program could run what was written.
 */
export function dropFoldedInputs(original: string, optimised: string): void {
  const inputs = new Set(namesOf(original));
  const folded = new Set(namesOf(optimised).filter((name) => !inputs.has(name)));
  if (folded.size > 0) writeFileSync(optimised, withoutInputs(readFileSync(optimised), folded));
}

const namesOf = (file: string): string[] => readOnnxModel(file, 'unread').graph.inputs.map(({ name }) => name);

const GRAPH = 7;
const INPUT = 11;

/** All else stays as it is, byte by byte. */
const withoutInputs = (model: Buffer, names: ReadonlySet<string>): Buffer =>
  Buffer.concat(
    fieldsIn(model).map(({ field, whole, content }) => {
      if (field !== GRAPH) return whole;
      const kept = fieldsIn(content).filter((part) => part.field !== INPUT || !names.has(textIn(part.content, 1)));
      return message(GRAPH, ...kept.map((part) => part.whole));
    }),
  );

interface Field {
  readonly field: number;
  /** With its key and length. */
  readonly whole: Buffer;
  /** Empty of a number. */
  readonly content: Buffer;
}

const NONE = Buffer.alloc(0);

function fieldsIn(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  const reader = new WireReader(bytes);
  for (let start = 0; reader.next(bytes.length); start = reader.position) {
    const { field, wire } = reader;
    let content: Buffer = NONE;
    if (wire === WIRE.bytes) content = reader.content();
    else reader.skip();
    fields.push({ field, whole: bytes.subarray(start, reader.position), content });
  }
  return fields;
}

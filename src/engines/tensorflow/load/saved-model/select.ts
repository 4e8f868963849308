import { EXIT, UserError } from '../../../../model/errors.js';
import { closest } from '../../../../inputs/closest.js';
import type { MetaGraph, SignatureDef } from './proto.js';

/** Picks the graph by its tags: exactly these, or the only graph when none are given. */
export function selectGraph(graphs: readonly MetaGraph[], tags: readonly string[] | undefined, model: string): MetaGraph {
  const key = (list: readonly string[]): string => [...list].sort().join(',');
  const wanted = key(tags ?? ['serve']);
  const found = graphs.find((graph) => key(graph.tags) === wanted) ?? (tags === undefined && graphs.length === 1 ? graphs[0] : undefined);
  if (found !== undefined) return found;
  const known = graphs.map((graph) => graph.tags.join(',')).join(' or ');
  throw new UserError(`The SavedModel ${model} has no graph with the tags ${wanted}: use --tags ${known}.`, EXIT.usage);
}

/** Picks a signature: the named one, `serving_default`, or the only one. */
export function selectSignature(graph: MetaGraph, wanted: string | undefined, model: string): { name: string; signature: SignatureDef } {
  const names = [...graph.signatures.keys()];
  const name = wanted ?? (names.length === 1 ? names[0] : 'serving_default') ?? 'serving_default';
  const signature = graph.signatures.get(name);
  if (signature !== undefined) return { name, signature };
  if (names.length === 0) {
    throw new UserError(`The SavedModel ${model} has no signature: export it with signatures={'serving_default': ...}.`);
  }
  const meant = closest(name, names);
  const hint =
    meant !== undefined ? ` Did you mean ${meant}?` : wanted === undefined ? ` Choose one with --signature ${names[0] ?? ''}.` : '';
  throw new UserError(`The SavedModel ${model} has no signature ${name}; it has: ${names.join(', ')}.${hint}`, EXIT.usage);
}

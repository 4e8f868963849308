/**
 * Operations for which tfjs refuses `execute` and `predict`: control flow, outputs whose size depends on values, hash
 * tables. Source: `executor/model_analysis` of @tensorflow/tfjs-converter 4.22.
 */
export const ASYNC_ONLY: ReadonlySet<string> = new Set([
  'Switch',
  'Merge',
  'Enter',
  'Exit',
  'NextIteration',
  'StatelessIf',
  'StatelessWhile',
  'If',
  'if',
  'While',
  'NonMaxSuppressionV2',
  'NonMaxSuppressionV3',
  'NonMaxSuppressionV5',
  'Where',
  'HashTable',
  'HashTableV2',
  'LookupTableImport',
  'LookupTableImportV2',
  'LookupTableFind',
  'LookupTableFindV2',
  'LookupTableSize',
  'LookupTableSizeV2',
]);

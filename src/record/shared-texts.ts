import type { CallRecord } from '../model/recording.js';

/** JSON makes a text of its own for each call: of a million calls that is 100 MB. */
export function withSharedTexts(calls: readonly Mutable<CallRecord>[], texts: Map<string, string>): readonly CallRecord[] {
  const shared = (text: string): string => {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  };
  for (const call of calls) {
    call.signature = shared(call.signature);
    if (call.process !== undefined) call.process = shared(call.process);
  }
  return calls;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

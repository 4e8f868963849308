import type { Attributes } from '@opentelemetry/api';
import { ATTRIBUTE } from '../../model/attributes.js';
import type { Leak } from '../../model/held-tensors.js';

const PLACE = /^(.*):(\d+)$/;

/** What a leak is and where, for a metric: few values, the same from one look to the next. */
export function leakAttributes({ where, model, places }: Leak): Attributes {
  const [, file, line] = PLACE.exec(places[0] ?? '') ?? [];
  return {
    [ATTRIBUTE.leakOrigin]: where === 'weights' ? 'model-load' : 'call',
    ...(model === undefined ? {} : { [ATTRIBUTE.modelName]: model }),
    ...(file === undefined ? {} : { [ATTRIBUTE.codeFile]: file, [ATTRIBUTE.codeLine]: Number(line) }),
  };
}

/** The same with its size, for an event. */
export function leakEvent(leak: Leak): Attributes {
  return { ...leakAttributes(leak), [ATTRIBUTE.leakTensors]: leak.perOccasion, [ATTRIBUTE.leakAlive]: leak.tensors };
}

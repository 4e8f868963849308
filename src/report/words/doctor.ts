import type { DoctorFinding, Looked } from '../../model/doctor.js';
import { never } from '../../model/errors.js';

type LookedAt<Kind extends Looked['kind']> = Extract<Looked, { readonly kind: Kind }>;

const ENGINES = { tensorflow: 'TensorFlow', onnxruntime: 'ONNX Runtime' } as const;
const USES = {
  docker: 'runs Jaeger with `inferscope jaeger up`',
  python3: 'profiles Keras models and sets up TensorFlow',
  go: 'builds Jaeger where there is no docker',
} as const;

/** What was looked at, in words: whether it works, and what to do. */
export function tellLooked(looked: Looked): DoctorFinding {
  switch (looked.kind) {
    case 'node':
      return tellNode(looked);
    case 'engine':
      return tellEngine(looked);
    case 'disk': {
      const detail = `${(looked.freeBytes / 2 ** 30).toFixed(1)} GiB free here`;
      return looked.suffices
        ? { what: 'Disk', state: 'ok', detail }
        : { what: 'Disk', state: 'broken', detail, remedy: 'Free some space: recordings need room.' };
    }
    case 'output':
      return looked.canWrite
        ? { what: 'Output', state: 'ok', detail: `${looked.folder} is writable` }
        : {
            what: 'Output',
            state: 'broken',
            detail: `${looked.folder} is not writable`,
            remedy: 'Work in a folder of yours, or give --out.',
          };
    case 'tool':
      return looked.version === null
        ? { what: looked.name, state: 'optional', detail: `not installed or not running; it ${USES[looked.name]}` }
        : { what: looked.name, state: 'ok', detail: looked.version };
    default:
      return never(looked);
  }
}

function tellNode({ version, restored }: LookedAt<'node'>): DoctorFinding {
  const what = 'Node.js';
  if (restored === null) return { what, state: 'broken', detail: version, remedy: 'Install Node.js 20.15 or later.' };
  if (restored.length === 0) return { what, state: 'ok', detail: version };
  return {
    what,
    state: 'ok',
    detail: `${version} (has no ${restored.join(' and no ')}, which tfjs-node calls: Inferscope puts it back)`,
    remedy: "Without Inferscope, a program needs it too: import 'inferscope/node-compat', or node --import inferscope/node-compat.",
  };
}

function tellEngine({ name, description, failure, command, isNeeded }: LookedAt<'engine'>): DoctorFinding {
  const [what, remedy] = [ENGINES[name], `Run ${command}.`];
  if (failure === null) return { what, state: 'ok', detail: description ?? '' };
  return isNeeded ? { what, state: 'broken', detail: failure, remedy } : { what, state: 'optional', detail: `not installed; ${remedy}` };
}

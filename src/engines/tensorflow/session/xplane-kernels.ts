import type { SessionKernel } from '../../../model/session.js';
import type { XEvent } from './decode-xplane.js';
import { layerOf, modelScope, withoutScope } from './layer-name.js';
import { wallShares } from '../../session/wall-share.js';

/**
 * The operations that ran inside graphs, in order of start. An XPlane tells names and times; shapes and memory it does
 * not.
 *
 * @param offsetNanos added to each start
 */
export function kernelsOfXPlane(events: readonly XEvent[], offsetNanos: number): SessionKernel[] {
  const ops = events.filter(isKernel).sort((a, b) => a.startNanos - b.startNanos);
  const nodes = ops.map(({ name, displayName }) => name.slice(0, -displayName.length - 1));
  const layers = nodes.map(layerOf);
  const scope = modelScope(layers);
  const shares = wallShares(ops.map(({ startNanos, durationNanos }) => ({ startNanos, durationNanos, role: 'kernel' })));
  return ops.map(({ displayName, startNanos, durationNanos }, index) => ({
    op: displayName,
    node: nodes[index] ?? '',
    layer: withoutScope(layers[index] ?? null, scope),
    parent: -1,
    startNanos: startNanos + offsetNanos,
    durationNanos,
    wallNanos: shares[index] ?? 0,
    inputShapes: [],
    outputShapes: [],
    outputDtypes: [],
    outputBytes: 0,
    allocatedBytes: 0,
    fused: [],
    repeat: 1,
    flops: null,
    bytesMoved: null,
  }));
}

/** The executor names a kernel `NODE:OP` and displays `OP`; iterators and Python frames are named otherwise. */
const isKernel = ({ name, displayName }: XEvent): boolean =>
  displayName !== '' && name.endsWith(`:${displayName}`) && !displayName.includes(':');

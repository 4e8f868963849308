import type { SessionKernel } from '../model/session.js';
import type { SpanDetail } from '../model/span.js';

/** What a span of a kernel inside a session run tells of it. */
export function kernelDetail(kernel: SessionKernel): SpanDetail {
  return {
    node: kernel.node,
    ...(kernel.layer === null ? {} : { layer: kernel.layer }),
    ...(kernel.fused.length === 0 ? {} : { fused: kernel.fused }),
    inputShapes: kernel.inputShapes,
    outputShapes: kernel.outputShapes,
    outputDtypes: kernel.outputDtypes,
    outputBytes: kernel.outputBytes,
    allocatedBytes: kernel.allocatedBytes,
    ...(kernel.repeat === 1 ? {} : { repeat: kernel.repeat }),
    ...(kernel.flops === null ? {} : { flops: kernel.flops }),
    ...(kernel.bytesMoved === null ? {} : { bytesMoved: kernel.bytesMoved }),
  };
}

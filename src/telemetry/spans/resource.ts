import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import type { Environment } from '../../model/recording.js';

/** Name under which spans appear unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` says otherwise. */
export const DEFAULT_SERVICE_NAME = 'inferscope';

/** The resource of exported spans: who ran them. Whatever the standard variables say wins. */
export function resourceFromEnvironment({ node, hostHash }: Environment): Resource {
  return defaultResource()
    .merge(
      resourceFromAttributes({
        [ATTR_SERVICE_NAME]: DEFAULT_SERVICE_NAME,
        'process.runtime.version': node,
        'host.id': hostHash,
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }));
}

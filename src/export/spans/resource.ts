import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import { ATTRIBUTE } from '../../model/attributes.js';
import type { Environment } from '../../model/recording.js';

/** Name under which spans appear unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` says otherwise. */
export const DEFAULT_SERVICE_NAME = 'inferscope';

/**
 * The resource of exported spans: the machine and library that were measured, then whatever the standard variables
 * say, which wins.
 */
export function resourceFromEnvironment(environment: Environment): Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ [ATTR_SERVICE_NAME]: DEFAULT_SERVICE_NAME, ...environmentAttributes(environment) }))
    .merge(detectResources({ detectors: [envDetector] }));
}

function environmentAttributes(environment: Environment): Record<string, string | number | string[]> {
  const { threads } = environment;
  return {
    'process.runtime.name': 'nodejs',
    'process.runtime.version': environment.node,
    'os.type': environment.platform,
    'host.arch': environment.arch,
    'host.cpu.model.name': environment.cpu,
    'host.id': environment.hostHash,
    [ATTRIBUTE.cpuCount]: environment.cpuCount,
    [ATTRIBUTE.memoryBytes]: environment.memoryBytes,
    [ATTRIBUTE.v8]: environment.v8,
    [ATTRIBUTE.backend]: environment.backend,
    ...(environment.tensorflow === null ? {} : { [ATTRIBUTE.tensorflow]: environment.tensorflow }),
    [ATTRIBUTE.packages]: Object.entries(environment.packages).map(([name, version]) => `${name}@${version}`),
    [ATTRIBUTE.flags]: Object.entries(environment.flags).map(([name, value]) => `${name}=${value}`),
    ...(threads.intraOp === null ? {} : { [ATTRIBUTE.intraOpThreads]: threads.intraOp }),
    ...(threads.interOp === null ? {} : { [ATTRIBUTE.interOpThreads]: threads.interOp }),
  };
}

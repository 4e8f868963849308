import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

/** Built from it alone, Jaeger has all of its storage and query code; its releases are published there, too. */
export const JAEGER_MODULE = 'github.com/jaegertracing/jaeger';

/** Version that is built or run in a container. The Go module keeps the number of the first generation. */
export const JAEGER_VERSION = '2.13.0';
export const JAEGER_MODULE_VERSION = 'v1.76.0';

/** Where Jaeger's files are. Spans are data, the binary can always be built again. */
export interface JaegerPaths {
  readonly binary: string;
  /** Where the binary of a release is. */
  readonly releaseBinary: (version: string) => string;
  readonly buildDir: string;
  /** Spans, kept over restarts. */
  readonly dataDir: string;
  readonly configFile: string;
  readonly stateFile: string;
  readonly logFile: string;
}

/** `home` replaces the user's data folder, so that tests and several servers do not share one. */
export function jaegerPaths(home?: string): JaegerPaths {
  const { cache, data } = envPaths('inferscope', { suffix: '' });
  const root = home === undefined ? join(data, 'jaeger') : resolve(home);
  return {
    releaseBinary: (version) => join(cache, `jaeger-${version}-release`, 'jaeger'),
    binary: join(cache, `jaeger-${JAEGER_VERSION}`, 'jaeger'),
    buildDir: join(cache, `jaeger-${JAEGER_VERSION}`, 'build'),
    dataDir: join(root, 'spans'),
    configFile: join(root, 'config.yaml'),
    stateFile: join(root, 'state.json'),
    logFile: join(root, 'jaeger.log'),
  };
}

import { attachAddon, type NativeAddon } from './addon.js';
import { encodeSessionConfig, type SessionConfig } from './config-proto.js';

/**
 * Runs `load` so that the sessions it loads get this configuration, until its result is there (a promise is waited for).
 * Sessions that this thread loads elsewhere meanwhile get it too.
 */
export function withSessionConfig<T>(addon: NativeAddon, config: SessionConfig, load: () => T): T {
  attachAddon(addon);
  addon.setSessionConfig(encodeSessionConfig(config));
  const clear = (): void => addon.setSessionConfig();
  try {
    const result = load();
    if (!(result instanceof Promise)) clear();
    else result.then(clear, clear);
    return result;
  } catch (error) {
    clear();
    throw error;
  }
}

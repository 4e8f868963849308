import { RUNNER_CHOICES } from '../../telemetry/jaeger/binary.js';
import type { RunnerChoice } from '../../telemetry/jaeger/binary.js';
import { DEFAULT_PORTS } from '../../telemetry/jaeger/config.js';
import { jaegerDown, jaegerStatus, jaegerUp } from '../../telemetry/jaeger/server.js';
import type { JaegerState } from '../../telemetry/jaeger/server.js';
import { EXIT } from '../../model/errors.js';
import type { CommandSpec } from '../command.js';
import { portNumber } from '../numbers.js';
import type { Terminal } from '../terminal.js';

interface Arguments {
  readonly action: 'up' | 'status' | 'down';
  readonly with: RunnerChoice;
  readonly home: string | undefined;
  readonly 'query-port': number;
  readonly 'otlp-port': number;
  readonly 'otlp-grpc-port': number;
}

export const jaegerCommand: CommandSpec<Arguments> = {
  examples: [
    ['jaeger up', 'In docker or podman where an engine answers, else a jaeger on the PATH, its release, or built once with Go'],
    ['jaeger down', 'Stop it; its traces are kept'],
  ],
  options: (yargs) =>
    yargs
      .positional('action', { choices: ['up', 'status', 'down'] as const, demandOption: true, describe: 'What to do' })
      .option('with', { choices: RUNNER_CHOICES, default: 'auto' as const, describe: 'What runs it' })
      .option('home', { type: 'string', describe: 'Folder for its traces and log (default: your data folder)' })
      .option('query-port', { ...portNumber('query-port', 'Port of its pages and query API'), default: DEFAULT_PORTS.query })
      .option('otlp-port', { ...portNumber('otlp-port', 'Port for OTLP over HTTP'), default: DEFAULT_PORTS.otlpHttp })
      .option('otlp-grpc-port', { ...portNumber('otlp-grpc-port', 'Port for OTLP over gRPC'), default: DEFAULT_PORTS.otlpGrpc }),
  run: async (args, terminal) => {
    const home = args.home === undefined ? {} : { home: args.home };
    switch (args.action) {
      case 'up': {
        const ports = { query: args['query-port'], otlpHttp: args['otlp-port'], otlpGrpc: args['otlp-grpc-port'] };
        const state = await jaegerUp({ ...home, ports, runner: args.with, say: terminal.remark });
        print(state, terminal);
        return EXIT.ok;
      }
      case 'status': {
        const status = await jaegerStatus(home);
        if (status.running) print(status.state, terminal);
        else {
          terminal.say('Jaeger is not running; `inferscope jaeger up` starts it.');
          terminal.data({ running: false });
        }
        return status.running ? EXIT.ok : EXIT.unavailable;
      }
      case 'down': {
        const stopped = await jaegerDown(home);
        terminal.say(stopped ? 'Jaeger is stopped; its traces are kept.' : 'Jaeger was not running.');
        terminal.data({ stopped });
        return EXIT.ok;
      }
    }
  },
};

function print(state: JaegerState, terminal: Terminal): void {
  terminal.say(`Jaeger: ${state.queryUrl} (takes OTLP at ${state.otlpEndpoint})`);
  terminal.say(`Traces are kept in ${state.dataDir}`);
  if (!state.hasUi)
    terminal.say(
      `Built from its Go module it has no pages, only the query API: \`inferscope view ${state.queryUrl}/trace/ID\` shows a trace, \`inferscope flame --from-jaeger\` a service.`,
    );
  terminal.data({ running: true, ...state });
}

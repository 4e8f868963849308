/** Signals that `inferscope run` passes on to its program. */
export const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const satisfies readonly NodeJS.Signals[];

/** Has this signal come to the whole group more often than is known? */
export interface SignalQuestion {
  readonly signal: NodeJS.Signals;
  readonly known: number;
}

export interface SignalAnswer {
  readonly signal: NodeJS.Signals;
  readonly heard: number;
}

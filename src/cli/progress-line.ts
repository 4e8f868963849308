import { SingleBar } from 'cli-progress';
import type { KerasProgress } from '../engines/keras/run-keras.js';

export interface ProgressLine {
  /** @param what Put before the phase: the model or the environment. */
  show(progress: KerasProgress, what?: string): void;
  stop(): void;
}

/** Without a terminal, at most one line in this time, and one for each new phase. */
const LOG_EVERY_MILLIS = 30_000;

/** One progress bar on stderr that says what is under way and for how long; a line now and then without a terminal. */
export function progressLine(quiet: boolean, remark: (text: string) => void): ProgressLine {
  if (quiet) return { show: () => undefined, stop: () => undefined };
  return process.stderr.isTTY ? progressBar() : progressLog(remark);
}

function progressBar(): ProgressLine {
  const bar = new SingleBar({ stream: process.stderr, format: '{bar} {text}', hideCursor: true, clearOnComplete: true });
  let started = false;
  return {
    show: (progress, what) => {
      const payload = { text: progressText(progress, what) };
      if (!started) bar.start(progress.of, progress.done, payload);
      started = true;
      bar.setTotal(progress.of);
      bar.update(progress.done, payload);
    },
    stop: () => bar.stop(),
  };
}

function progressLog(remark: (text: string) => void): ProgressLine {
  let last = { phase: '', atMillis: 0 };
  return {
    show: (progress, what) => {
      const phase = `${what ?? ''} ${progress.phase}`;
      if (phase === last.phase && performance.now() - last.atMillis < LOG_EVERY_MILLIS) return;
      last = { phase, atMillis: performance.now() };
      remark(progressText(progress, what));
    },
    stop: () => undefined,
  };
}

/** `keras-3, medium model: rounds 2 of 6, about 3 min left`. */
export function progressText({ phase, done, of, remainingMillis }: KerasProgress, what?: string): string {
  const left = remainingMillis === undefined ? '' : `, about ${duration(remainingMillis)} left`;
  return `${what === undefined ? '' : `${what}: `}${phase} ${done} of ${of}${left}`;
}

const duration = (millis: number): string => (millis < 90_000 ? `${Math.ceil(millis / 1000)} s` : `${Math.round(millis / 60_000)} min`);

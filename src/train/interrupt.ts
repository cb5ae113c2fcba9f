import { performance } from "node:perf_hooks";
import { outliveReader } from "../io/streams.js";

const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"] as const;

/**
 * npm passes on a Ctrl-C that the terminal has sent already: so many milliseconds after the first, it is the same one.
 */
const SAME_PRESS = 500;
/** Milliseconds that the task has to end after `stop`. */
const PATIENCE = 5000;

/**
 * Runs `task` with a signal that the first SIGINT (Ctrl-C), SIGTERM, SIGHUP (the terminal was closed) or SIGUSR1 (the
 * warning of batch systems) aborts;
 * `announce` is told. A second Ctrl-C calls `stop`, which ends the process or the task, and the exit code is 130; a
 * task that still runs after five seconds, or at a third Ctrl-C, is ended by the system, which shells report as 130
 * too. From here on, readers of stdout and stderr may go away without ending the process.
 */
export async function withInterrupt<T>(
  task: (signal: AbortSignal) => Promise<T>,
  announce: (message: string) => void,
  stop: () => void = () => process.exit(130),
): Promise<T> {
  for (const stream of [process.stdout, process.stderr]) outliveReader(stream);
  const controller = new AbortController();
  let began = 0;
  let stopping = false;
  const release = () => {
    for (const name of signals) process.off(name, interrupt);
  };
  const die = () => {
    release();
    process.kill(process.pid, "SIGINT");
  };
  function interrupt(name: NodeJS.Signals): void {
    if (!controller.signal.aborted) {
      began = performance.now();
      controller.abort();
      announce("Finishing this step and saving; Ctrl-C once more stops at once, without saving.");
    } else if (name !== "SIGINT" || performance.now() - began < SAME_PRESS)
      return; // closing a terminal sends SIGHUP twice: only a person's second Ctrl-C may lose work
    else if (stopping) die();
    else {
      stopping = true;
      setTimeout(die, PATIENCE).unref();
      stop();
    }
  }
  for (const name of signals) process.on(name, interrupt);
  try {
    return await task(controller.signal);
  } finally {
    if (stopping) process.exit(130);
    release();
  }
}

/**
 * Runs `task` with a signal that the first SIGINT (Ctrl-C) or SIGTERM aborts; `announce` is told. The second one ends the
 * process at once, with exit code 130.
 */
export async function withInterrupt<T>(
  task: (signal: AbortSignal) => Promise<T>,
  announce: (message: string) => void,
): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    announce("Finishing this step and saving; once more stops at once, without saving.");
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, interrupt);
  try {
    return await task(controller.signal);
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, interrupt);
  }
}

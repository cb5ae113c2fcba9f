/**
 * Turns off the reports that the native runtime would send to its makers. It reads the process's environment, of which
 * a worker thread has only a copy: to be called before the runtime is loaded, and before a thread that loads it starts.
 */
export function disableTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
}

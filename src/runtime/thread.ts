import { startThread } from "./start-thread.js";

/** A module of this package beside the caller, as source (run by a TypeScript loader) or built. */
export const siblingModule = (base: string, name: string): URL =>
  new URL(`./${name}.${base.endsWith(".ts") ? "ts" : "js"}`, base);

export interface ThreadOptions<M> {
  /** Receives what the export posts. */
  onMessage?(message: M): void;
  /** Passed on: the export's own signal aborts when this one does. */
  signal?: AbortSignal;
  /**
   * Aborting it ends the thread as soon as its JavaScript has a turn, and the call fails. To end it any sooner, or the
   * process, while the native runtime computes in it would abort the process.
   */
  kill?: AbortSignal;
}

/** What an export that runs in a worker thread is given. */
export type ThreadTask<P, R, M = unknown> = (
  payload: P,
  post: (message: M) => void,
  signal: AbortSignal,
) => R | Promise<R>;

/**
 * Runs `exportName` of a module in a worker thread of Node and resolves to what it returns; this thread stays free
 * meanwhile. The export has the type `ThreadTask`; payload, messages and result are copied (structured clone). An error
 * comes back with its name, message and stack. Aborting `signal` aborts the export's signal; the export decides how to
 * end.
 */
export async function inWorker<P, R, M = unknown>(
  moduleUrl: URL,
  exportName: string,
  payload: P,
  { onMessage, signal, kill }: ThreadOptions<M> = {},
): Promise<R> {
  const worker = await startThread(siblingModule(import.meta.url, "thread-entry"), {
    module: moduleUrl.href,
    exportName,
    payload,
    aborted: signal?.aborted ?? false,
  });
  const abort = () => worker.postMessage("abort");
  signal?.addEventListener("abort", abort, { once: true });
  const exit = () => worker.postMessage("exit");
  kill?.addEventListener("abort", exit, { once: true });
  try {
    return await new Promise<R>((resolve, reject) => {
      worker.on("message", ({ type, value }: { type: "message" | "result" | "error"; value: unknown }) => {
        if (type === "message") onMessage?.(value as M);
        else if (type === "result") resolve(value as R);
        else reject(Object.assign(new Error(), value));
      });
      worker.on("error", reject);
      worker.on("exit", (code) =>
        reject(new Error(`The worker thread ended (exit code ${code}) before ${exportName} returned.`)),
      );
    });
  } finally {
    signal?.removeEventListener("abort", abort);
    kill?.removeEventListener("abort", exit);
    await worker.terminate();
  }
}

import { parentPort, workerData } from "node:worker_threads";
import type { ThreadTask } from "./thread.js";

interface ThreadData {
  module: string;
  exportName: string;
  payload: unknown;
  aborted: boolean;
}

const { module, exportName, payload, aborted } = workerData as ThreadData;
const port = parentPort!;
const controller = new AbortController();
if (aborted) controller.abort();
port.on("message", (message: "abort" | "exit") => (message === "abort" ? controller.abort() : process.exit()));

try {
  const loaded = (await import(module)) as Record<string, ThreadTask<unknown, unknown>>;
  if (typeof loaded[exportName] !== "function") throw new Error(`${module} has no function "${exportName}".`);
  const post = (value: unknown) => port.postMessage({ type: "message", value });
  port.postMessage({ type: "result", value: await loaded[exportName](payload, post, controller.signal) });
} catch (error) {
  // Field by field: structured cloning turns every class of error it does not know into a plain Error.
  const known: Error & { wrongUse?: boolean } = error instanceof Error ? error : new Error(String(error));
  const { name, message, stack, wrongUse } = known;
  port.postMessage({ type: "error", value: { name, message, stack, wrongUse } });
}

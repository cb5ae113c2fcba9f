import { setWasmFolder } from "./device.js";
import { inNode, isRuntimeThread } from "./environment.js";
import { type Executor, execute, type InputValue, type Job } from "./executor.js";

/** Requests to a session's worker, answered in order. */
export type Request =
  | { readonly type: "start"; readonly job: Job; readonly wasmFolder: string | undefined }
  | { readonly type: "run"; readonly inputs: Record<string, InputValue> }
  | { readonly type: "release" };
export type Reply = { readonly values?: Record<string, Float32Array>; readonly error?: string };

let executor: Executor | undefined;

async function answer(request: Request): Promise<Reply> {
  if (request.type === "start") {
    setWasmFolder(request.wasmFolder);
    executor = await execute(request.job);
    return {};
  }
  if (request.type === "run") return { values: await executor!.run(request.inputs) };
  await executor?.release();
  return {};
}

/** Answers requests one after the other: a session runs one at a time. */
function serve(post: (reply: Reply, transfer: ArrayBuffer[]) => void): (request: Request) => void {
  let last: Promise<unknown> = Promise.resolve();
  return (request) => {
    last = last.then(async () => {
      const reply = await answer(request).catch((error): Reply => ({ error: String(error?.message ?? error) }));
      const buffers = Object.values(reply.values ?? {}).map(({ buffer }) => buffer as ArrayBuffer);
      post(reply, [...new Set(buffers)]);
    });
  };
}

// Not `await import`: bundlers write workers as classic scripts, which wait for nothing. Messages wait for the listener.
if (inNode) {
  void import("node:worker_threads").then(({ parentPort }) =>
    parentPort!.on(
      "message",
      serve((reply, transfer) => parentPort!.postMessage(reply, transfer)),
    ),
  );
} else if (!isRuntimeThread) {
  const handle = serve((reply, transfer) => self.postMessage(reply, { transfer }));
  self.addEventListener("message", ({ data }) => handle(data as Request));
}

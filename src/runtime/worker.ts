import { getWasmFolder } from "./device.js";
import { inNode } from "./environment.js";
import { type Executor, execute, type Job } from "./executor.js";
import { startThread } from "./start-thread.js";
import { siblingModule } from "./thread.js";
import type { Reply, Request } from "./worker-session.js";

/** A Node worker thread or a Web Worker. */
interface Channel {
  post(request: Request, transfer: ArrayBuffer[]): void;
  /** Keeps the process alive, or not. */
  hold(busy: boolean): void;
  end(): unknown;
}
interface Listener {
  reply(reply: Reply): void;
  fail(error: Error): void;
}

async function nodeChannel({ device = "auto" }: Job, { reply, fail }: Listener): Promise<Channel> {
  if (device === "auto") await (await import("./native.js")).nativeOrNull(); // what is missing is said in this thread
  const worker = await startThread(siblingModule(import.meta.url, "worker-session"));
  worker.on("message", reply);
  worker.on("error", fail);
  worker.on("exit", (code) => fail(new Error(`The session's worker thread ended with exit code ${code}.`)));
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    end: () => worker.terminate(),
  };
}

function webChannel({ reply, fail }: Listener): Channel {
  const worker = new Worker(new URL("./worker-session.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => reply(data);
  worker.onerror = ({ message }) => fail(new Error(`The session's worker failed: ${message}`));
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    hold: () => {},
    end: () => worker.terminate(),
  };
}

/**
 * Starts a model in a worker, so that this thread's event loop stays free while it runs. Inputs are copied, outputs
 * transferred. A Node process with only idle workers ends.
 */
export async function executeInWorker(job: Job, into: ReadonlyMap<string, Float32Array>): Promise<Executor> {
  const waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  let broken: Error | null = null;
  const settle = () => {
    const first = waiting.shift();
    if (waiting.length === 0) channel.hold(false);
    return first;
  };
  const listener: Listener = {
    reply: (reply) => settle()?.resolve(reply),
    fail(error) {
      broken ??= error;
      while (waiting.length > 0) settle()!.reject(error);
    },
  };
  const channel = inNode ? await nodeChannel(job, listener) : webChannel(listener);
  async function ask(request: Request, transfer: ArrayBuffer[] = []): Promise<Record<string, Float32Array>> {
    if (broken) throw broken;
    const { values, error } = await new Promise<Reply>((resolve, reject) => {
      waiting.push({ resolve, reject });
      channel.hold(true);
      channel.post(request, transfer);
    });
    if (error !== undefined) throw new Error(error);
    return values ?? {};
  }

  try {
    await ask(
      { type: "start", job, wasmFolder: getWasmFolder() },
      job.bytes.byteLength === job.bytes.buffer.byteLength ? [job.bytes.buffer as ArrayBuffer] : [],
    );
  } catch (error) {
    await channel.end();
    throw error;
  }
  return {
    async run(inputs) {
      const copies = Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [name, { ...value, data: value.data.slice() }]),
      );
      const values = await ask(
        { type: "run", inputs: copies },
        Object.values(copies).map(({ data }) => data.buffer as ArrayBuffer),
      );
      for (const [name, view] of into) {
        view.set(values[name]);
        values[name] = view;
      }
      return values;
    },
    async release() {
      if (!broken) await ask({ type: "release" });
      broken ??= new Error("The program has been released.");
      await channel.end();
    },
  };
}

/** Whether no worker could be started before: a page may be served without the worker's file. */
let noWorkers = false;

/** Starts a model in a worker, or in this thread where that fails. */
export async function executeAnywhere(job: Job, into: ReadonlyMap<string, Float32Array>): Promise<Executor> {
  if (!noWorkers)
    try {
      return await executeInWorker({ ...job, bytes: job.bytes.slice() }, into);
    } catch {
      noWorkers = true;
    }
  return execute(job, into);
}

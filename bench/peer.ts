import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Sample } from "./report.js";

export interface Reply extends Sample {
  loss: number;
  parameters: number;
  /** The batch is this many times what was measured; times are already multiplied. */
  scale?: number;
}
export interface Peer {
  readonly version: string;
  readonly threads: number;
  /** Trains `steps` times; rejects where the peer cannot, or needs longer than the limit (it is then ended). */
  train(model: string, steps: number, limitMs?: number): Promise<Reply>;
  close(): void;
}

/** Starts a peer as a child process that talks JSON, a line each way; rejects with the reason where it is not there. */
export async function startPeer(command: string, args: readonly string[]): Promise<Peer> {
  const child: ChildProcess = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const failed = new Promise<never>((_, reject) => {
    child.on("error", ({ message }) => reject(new Error(message)));
    child.on("exit", (code, signal) => reject(new Error(`ended with ${signal ?? `code ${code}`}`)));
  });
  failed.catch(() => {});
  const next = async (limitMs: number) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`no answer within ${Math.round(limitMs / 1e3)} s`));
      }, limitMs);
    });
    try {
      const { value, done } = await Promise.race([lines.next(), late]);
      if (done) await failed;
      const reply = JSON.parse(value);
      if (reply.error) throw new Error(reply.error);
      return reply;
    } finally {
      clearTimeout(timer);
    }
  };
  const { version, threads } = await Promise.race([next(60_000), failed]);
  return {
    version,
    threads,
    async train(model, steps, limitMs = 300_000) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error("has ended");
      child.stdin!.write(`${JSON.stringify({ model, steps })}\n`);
      return next(limitMs);
    },
    close: () => void child.kill(),
  };
}

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";

const main = resolve(import.meta.dirname, "../../src/cli/main.ts");

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}
/** Runs the command line from its sources, with its data sets in the folder `cache`. */
export const command =
  (cache: string) =>
  (args: string[], watch?: (child: ChildProcess, stderr: string) => void): Promise<Outcome> => {
    const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
      cwd: resolve(import.meta.dirname, "../.."),
      env: { ...process.env, FEWSTEP_CACHE: cache },
    });
    return new Promise((done) => {
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (chunk) => (stdout += chunk));
      child.stderr.on("data", (chunk) => {
        stderr += chunk;
        watch?.(child, stderr);
      });
      child.on("close", (code, signal) => done({ code, signal, stdout, stderr }));
    });
  };

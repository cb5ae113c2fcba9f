import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
/** What Node runs: the built command line, or its sources for what is TypeScript itself. */
const BUILT = [resolve(root, "dist/cli/main.js")];
const SOURCES = ["--import", "tsx", resolve(root, "src/cli/main.ts")];

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}
/** Runs the command line, with its data sets in the folder `cache`. */
export const command =
  (cache: string, { sources = false } = {}) =>
  (args: string[], watch?: (child: ChildProcess, stderr: string) => void): Promise<Outcome> => {
    const child = spawn(process.execPath, [...(sources ? SOURCES : BUILT), ...args], {
      cwd: root,
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

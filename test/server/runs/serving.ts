import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";

/** The built command line. */
export const main = resolve(import.meta.dirname, "../../../dist/cli/main.js");

/** `fewstep studio` as a process. */
export interface Studio {
  process: ChildProcess;
  /** Without a slash at its end. */
  address: string;
  token: string;
}

/** Starts the built `fewstep studio` for a folder of runs, and takes the token from its page. */
export async function startStudio(cwd: string, runs: string): Promise<Studio> {
  const args = ["studio", "--port", "0", "--runs", runs, "--no-open"];
  const child = spawn(process.execPath, [main, ...args], { cwd, stdio: ["ignore", "pipe", "inherit"] });
  const address = await new Promise<string>((done, failed) => {
    child.stdout.once("data", (chunk) => done(String(chunk).trim().replace(/\/$/, "")));
    child.once("exit", (code) => failed(new Error(`The studio ended with ${code}.`)));
  });
  const page = await (await fetch(`${address}/`)).text();
  return { process: child, address, token: /<meta name="fewstep-token" content="([\w-]+)"/.exec(page)![1] };
}

/** Ends a process by a signal. */
export const ended = (child: ChildProcess, signal: NodeJS.Signals): Promise<void> =>
  new Promise((done) => {
    child.once("exit", () => done());
    child.kill(signal);
  });

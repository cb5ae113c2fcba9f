import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { identityOf, type ProcessIdentity } from "../../io/process.js";

/** The built command line: what Node is called with before a command. */
export type Program = readonly string[];

export interface Training {
  identity: ProcessIdentity;
  child: ChildProcess;
}

/**
 * Starts a training as a process of its own, which goes on where this one ends: it belongs to its own group, and what
 * it says goes into the file `log`, which begins anew. Nothing passes through a shell.
 */
export async function startTraining(program: Program, args: readonly string[], log: string): Promise<Training> {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, "w");
  try {
    const child = spawn(process.execPath, [...program, ...args], {
      detached: true,
      windowsHide: true,
      stdio: ["ignore", output, output],
    });
    await new Promise<void>((started, failed) => {
      child.once("spawn", started);
      child.once("error", failed);
    });
    child.unref();
    return { identity: await identityOf(child.pid!), child };
  } finally {
    closeSync(output);
  }
}

/** Runs a command of the command line to its end; it is killed where `signal` aborts. */
export async function runCommand(
  program: Program,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [...program, ...args], { signal, windowsHide: true, stdio: "pipe" });
  child.stdin.end();
  const [stdout, stderr]: Buffer[][] = [[], []];
  child.stdout.on("data", (chunk) => stdout.push(chunk));
  child.stderr.on("data", (chunk) => stderr.push(chunk));
  const code = await new Promise<number | null>((done, failed) => {
    child.once("error", failed);
    child.once("close", done);
  });
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** Presses of Ctrl-C that are closer together count as one. */
const SECOND_PRESS = 700;

/** Lets a training finish its step, save and end. */
export function askToEnd(pid: number): void {
  try {
    process.kill(pid, "SIGINT");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended in between
  }
}

/** Ends a training at once, without saving; its last checkpoint stays. `asked`: it has been asked to end before. */
export async function endAtOnce(pid: number, asked: boolean): Promise<void> {
  if (!asked) {
    askToEnd(pid);
    await new Promise((done) => setTimeout(done, SECOND_PRESS));
  }
  askToEnd(pid);
}

import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";

const main = resolve(import.meta.dirname, "../../dist/cli/main.js");

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

export interface Running {
  child: ChildProcess;
  /** Resolves at the first line of progress of a training. */
  training: Promise<void>;
  ended: Promise<Outcome>;
}

const HANG = 600_000;

/**
 * Starts the built command line in `folder`, where its data sets are kept as well. A process that hangs is killed, code
 * −1.
 */
export function fewstep(args: readonly string[], folder: string): Running {
  const env = { ...process.env, FEWSTEP_CACHE: join(folder, "cache") };
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const began = Date.now();
  let [stdout, stderr, hung] = ["", "", false];
  let trains!: () => void;
  const training = new Promise<void>((done) => {
    trains = done;
  });
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
    if (/^[\w-]+ \d+\/\d+ · /m.test(stderr)) trains();
  });
  const watchdog = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, HANG);
  const ended = new Promise<Outcome>((done) =>
    child.on("close", (code, signal) => {
      clearTimeout(watchdog);
      done({ code: hung ? -1 : code, signal, stdout, stderr, seconds: (Date.now() - began) / 1000 });
    }),
  );
  return { child, training, ended };
}

/** An outcome in one line, for a report of failures. */
export const told = ({ code, signal, stderr }: Outcome): string =>
  `${code === -1 ? "hung" : signal ? `ended by ${signal}` : `exit code ${code}`}: ${stderr.trim().slice(-400)}`;

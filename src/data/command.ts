import { spawn } from "node:child_process";

/** Runs a program and returns what it printed; throws with its error output if it is missing or fails. */
export function runCommand(
  program: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    // On Windows npm is a script, which only a shell can start. All arguments are ours.
    const child = spawn(program, args, {
      ...options,
      shell: process.platform === "win32",
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (errors += chunk));
    child.on("error", (error) => reject(new Error(`${program} could not be run: ${error.message}`, { cause: error })));
    child.on("close", (code) =>
      code === 0
        ? resolve(output)
        : reject(new Error(`${program} ${args[0]} failed (${code}): ${errors.trim().slice(-500)}`)),
    );
  });
}

#!/usr/bin/env node
import { say } from "./output.js";
import { takeUse, use } from "./use.js";

let hungUp = false;
// Whoever reads may go away (`| head`, a closed terminal): a command still does its work. Lost results are another
// matter.
process.stderr.on("error", ({ code }: NodeJS.ErrnoException) => {
  if (code !== "EIO" || hungUp) return;
  hungUp = true;
  process.once("exit", () => process.kill(process.pid, "SIGHUP")); // Node would abort: it cannot reset a terminal that is gone
});
process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  if (code === "EPIPE" || code === "EIO" || process.exitCode === 1) return;
  process.exitCode = 1;
  say(`fewstep: the output could not be written (${message}).`);
});

/** Methods of one's own are registered before the commands are made, which show their options. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const { modules, rest } = takeUse(args);
    await use(modules);
    return (await import("./program.js")).run(rest);
  } catch (error) {
    say(`fewstep: ${(error as Error).message}`);
    return 2;
  }
}

const code = await main(process.argv.slice(2));
process.exitCode ||= code;

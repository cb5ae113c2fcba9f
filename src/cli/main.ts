#!/usr/bin/env node
import { outliveReader } from "../io/streams.js";
import { say } from "./output.js";
import { run } from "./program.js";

let hungUp = false;
// Whoever reads may go away (`| head`, a closed terminal): a command still does its work. Lost results are another matter.
outliveReader(process.stderr);
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

const code = await run(process.argv.slice(2));
process.exitCode ||= code;

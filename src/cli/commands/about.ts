import type { Command } from "commander";
import { jsonOption } from "./arguments.js";

/** `fewstep doctor`, `fewstep models` and `fewstep demo`: what is here. */
export function addAbout(program: Command): void {
  program
    .command("doctor")
    .description("what this machine has: runtimes, devices, browsers, caches")
    .addOption(jsonOption())
    .action(async (options) => (await import("../doctor.js")).doctorCommand(options));

  program
    .command("models")
    .description("the models that ship with fewstep")
    .addOption(jsonOption())
    .action(async (options) => (await import("../models.js")).modelsCommand(options));

  program
    .command("demo")
    .description("draw a sheet with every shipped model into out/")
    .option("--studio", "then serve the studio; without a terminal only until it has answered once")
    .action(async ({ studio }) => (await import("../demo.js")).demo(studio));
}

import type { Command } from "commander";
import { addReadingFlags } from "../reading.js";
import { examples, jsonOption } from "./arguments.js";

/** `fewstep data`. */
export function addData(program: Command): void {
  const data = program
    .command("data")
    .description("data sets: list them, get one; what is read from a folder or file")
    .addHelpText(
      "after",
      examples("data list", "data get fashion-mnist", "data check ./my-pictures --out out/pictures.png"),
    );
  data
    .command("list")
    .description("data sets by name, with size and licence")
    .addOption(jsonOption())
    .action(async (options) => (await import("../data.js")).listCommand(options));
  data
    .command("get")
    .description("fetch, check and cache a data set")
    .argument("<id>", "see: fewstep data list")
    .option("--force", "fetch it again although it is cached; replaces a damaged copy")
    .addOption(jsonOption())
    .action(async (id, options) => (await import("../data.js")).getCommand(id, options));

  const check = data
    .command("check")
    .description("say what training would read, what it would leave out, and why; trains nothing")
    .argument("<id|path>", "as --data of fewstep train")
    .option(
      "--out <file>",
      "write a sheet of pictures (PNG, WebP, JPEG or AVIF), a row or more for each class in the order of their numbers",
    )
    .addOption(jsonOption());
  addReadingFlags(check).action(async (path, options) =>
    (await import("../data-check.js")).checkCommand(path, options),
  );
}

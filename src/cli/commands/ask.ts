import type { Command } from "commander";
import { checkpointOption, deviceOption, examples, jsonOption, real, whole } from "./arguments.js";

/** `fewstep ask`. */
export function addAsk(program: Command): void {
  program
    .command("ask")
    .description("ask a vision-language model questions about a picture")
    .argument("<model>", "name, folder or URL")
    .requiredOption("--image <picture>", "the picture; it is scaled to the model's size")
    .requiredOption("--question <text...>", "in words that the model knows")
    .option("--count <n>", "draw so many answers, by default at temperature 1", whole(1))
    .option("--temperature <x>", "0: the likeliest answer (default); 1: as likely as the model says", real)
    .option("--seed <n>", "of drawn answers: same seed, same answers (default: 0)", whole(0))
    .addOption(checkpointOption())
    .addOption(deviceOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        'ask runs/seer --image picture.png --question "how many red circles are there"',
        'ask runs/seer --image picture.png --question "where is the ring" "what colour is the ring" --count 20 --json',
      ),
    )
    .action(async (model, options) => (await import("../ask.js")).askCommand(model, options));
}

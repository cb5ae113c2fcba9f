import type { Command } from "commander";
import { addOptionFlags } from "../flags.js";
import {
  checkpointOption,
  deviceOption,
  examples,
  inSeveral,
  jsonOption,
  sampleOptions,
  whole,
  wholeList,
} from "./arguments.js";

/** `fewstep eval`. */
export function addEval(program: Command): void {
  const evaluate = program
    .command("eval")
    .description(
      "measure a model's samples against the test data, each number beside its real-against-real floor; or its answers",
    )
    .argument("<model>", "name, folder or URL")
    .option("--data <id|path>", "reference images, text, motions or dialogues (default: what the model was trained on)")
    .option(
      "--features <name>",
      "of models of images: classifier, resnet50-imagenet, pixel-pca or an ONNX file (default: classifier)",
    )
    .option(
      "--count <n>",
      "samples (default: 10000 images, 256 texts or motions, 200 people who gesture, 200 questions of each skill)",
      whole(8),
    )
    .option("--steps <list>", "numbers of steps to compare, e.g. 1,2,4,8", wholeList)
    .option("--seed <n>", "seed of the samples", whole(0), 0)
    .option(
      "--judge <model>",
      "what judges samples: of text a language-model (default: Kneser–Ney), of motion a motion-judge",
    )
    .option("--neighbours <file.png>", "write a sheet of samples beside their nearest training images")
    .addOption(checkpointOption())
    .addOption(deviceOption())
    .addOption(jsonOption());
  addOptionFlags(evaluate, sampleOptions, {
    leaveOut: ["count", "label", "seed", "steps", "prompt", "template", "blank", "length", "overlap"],
  });
  evaluate
    .addHelpText(
      "after",
      `${examples(
        "eval drifting-fashion",
        "eval flow-fashion --steps 1,2,4,8,16 --count 2000",
        "eval runs/mine --features pixel-pca --json",
        "eval drifting-emoji --neighbours out/neighbours.png",
        "eval duo-text --steps 16,64,256 --sampler rescale",
        "eval runs/walker --judge runs/judge --lag 4",
        "eval runs/talk --count 40 --steps 8,20",
      )}${inSeveral("eval")}`,
    )
    .action(async (model, given) => {
      const { data, features, count, steps, seed, judge, neighbours, checkpoint, device, json, ...options } = given;
      const own = { data, features, count, steps, seed, judge, neighbours, checkpoint, device, json };
      return (await import("../eval.js")).evalCommand(model, { ...own, options });
    });
}

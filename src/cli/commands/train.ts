import { type Command, Option } from "commander";
import { methods } from "../../methods/registry.js";
import { addReadingFlags } from "../reading.js";
import { devices, examples, inSeveral, jsonOption, positive, whole } from "./arguments.js";

/** `fewstep train`. */
export function addTrain(program: Command): void {
  const train = program
    .command("train")
    .description("train a model on a data set, a text file, or a folder of pictures, motions or dialogues")
    .argument("<method>", Object.keys(methods).join(", "))
    .option(
      "--data <id|path>",
      "a data set (see: fewstep data list), a text file, or a folder: of images (subfolders are classes), IDX or CIFAR " +
        "files, motions (BVH, GLB, VRMA or HumanML3D's), or dialogues (sounds beside motions, or Seamless Interaction's)",
    )
    .option("--preset <name>", "tiny: minutes of two CPU cores; small: about an hour (default: tiny)")
    .option("--out <folder>", "where checkpoints, logs, pictures and the model go")
    .option("--name <name>", "name that the model carries")
    .option(
      "--resume <folder>",
      "go on with an interrupted run, bit for bit; auto: with that in --out where there is one, else begin it",
    )
    .option(
      "--set <key=value...>",
      "change a setting of the preset (or, from where it stands, of the run to resume), e.g. jointStage.steps=500 seed=3",
    )
    .addOption(
      new Option("--long-lines <way>", "of --lines: lines of more tokens than the model has").choices(["skip", "cut"]),
    )
    .option(
      "--tokens <kind>",
      "what a token of text is: chars, bpe:<size> (e.g. bpe:4096) or gpt2 (default: the preset's)",
    )
    .option("--max-seconds <s>", "stop after this much training time", positive)
    .option("--threads <n>", "threads of the runtime (default: all cores, or those of the run to resume)", whole(1))
    .addOption(
      new Option("--device <name>", "where to compute (default: auto, or that of the run to resume)").choices(devices),
    )
    .option(
      "--gradient-checkpointing",
      "compute the blocks of networks again for their gradients instead of keeping their values: less memory, more time",
    )
    .addOption(jsonOption());
  addReadingFlags(train)
    .addHelpText(
      "after",
      `${examples(
        "train drifting --data fashion-mnist --out runs/fashion",
        "train drifting --data ./my-pictures --size 32 --preset small --out runs/mine",
        "train drifting --data cifar10 --out runs/cifar --set jointStage.steps=500 seed=3",
        "train discrete --data ./my-text.txt --tokens bpe:4096 --out runs/text",
        "train discrete --data ./names.txt --lines --long-lines cut --preset lines --out runs/names",
        "train drifting --resume runs/mine",
        "train drifting --data fashion-mnist --out runs/fashion --resume auto",
      )}${inSeveral("train")}`,
    )
    .action(async (method, options) => (await import("../train.js")).trainCommand(method, options));
}

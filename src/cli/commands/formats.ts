import { type Command, Option } from "commander";
import { importable, importers } from "../../methods/importers.js";
import { WEIGHT_TYPES } from "../../models/weight-types.js";
import { checkpointOption, examples, jsonOption, whole } from "./arguments.js";

/** `fewstep export` and `fewstep import`: models as others read and write them. */
export function addFormats(program: Command): void {
  program
    .command("export")
    .description(
      "write a model's network as one ONNX file, for a server of such files, or the model with smaller weights",
    )
    .argument("<model>", "name, folder or URL")
    .option("--out <path>", "an ONNX file; with --dtype, a new folder")
    .option("--triton <repository>", "in place of --out, a folder of models for Triton, KServe and other servers")
    .option("--batch <n>", "samples per evaluation (default: any number); with --triton, most (default: 64)", whole(1))
    .option("--part <name>", "which of the model's networks (default: the one that a sample ends with)")
    .addOption(
      new Option("--dtype <type>", "write a model folder, its weights stored so (default of models: float16)").choices(
        WEIGHT_TYPES,
      ),
    )
    .option(
      "--lighter",
      "write a folder with the weights and beside them lighter ones, measured; pages fetch the lightest that draws as well",
    )
    .option("--data <id|path>", "with --lighter: test images (default: what the model was trained on)")
    .option("--features <name>", "with --lighter: the judge, as of eval (default: classifier)")
    .option("--count <n>", "with --lighter: samples of each comparison (default: 10000)", whole(100))
    .addOption(checkpointOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        "export drifting-fashion --out fashion.onnx",
        "export runs/mine --batch 16 --out mine.onnx",
        "export sphere-emoji --dtype int8 --out small",
        "export runs/mine --lighter --out site/mine",
        "export drifting-fashion --triton repository",
      ),
    )
    .action(async (model, options) => (await import("../export.js")).exportCommand(model, options));

  program
    .command("import")
    .description(
      `write another project's published weights as a model folder, of ${importable
        .map((method) => `${method} (${importers[method].of})`)
        .join(", ")}`,
    )
    .argument("<method>", importable.join(", "))
    .requiredOption(
      "--from <folder>",
      "its safetensors or msgpack files, and what else the method needs (docs/official.md)",
    )
    .requiredOption("--out <folder>", "where the model goes")
    .option("--name <name>", "name that the model carries (default: the folder's)")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples("import motion --from ./cmdm --out models/cmdm", "import discrete --from ./duo --out models/duo"),
    )
    .action(async (method, options) => (await import("../import.js")).importCommand(method, options));
}

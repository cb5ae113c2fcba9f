import type { Command } from "commander";
import { methods } from "../../methods/registry.js";
import type { EditInfo } from "../../models/edits.js";
import { addOptionFlags } from "../flags.js";
import { checkpointOption, deviceOption, examples, jsonOption, whole } from "./arguments.js";

/** `fewstep edit`, with a command for each edit of each method. */
export function addEdit(program: Command): void {
  const edit = program
    .command("edit")
    .description("edit pictures with a model that can: sphere and drifting models")
    .addHelpText(
      "after",
      "\nPictures are files of the model's size (--resize scales them), or rows of a data set such as " +
        `fashion-mnist/test/12.\n${examples(
          "edit reconstruct sphere-fashion photo.png --resize --out out/back.png",
          "edit vary sphere-fashion fashion-mnist/test/12 --angle 40 --count 16 --out out/variations.png",
          "edit morph sphere-fashion fashion-mnist/test/12 --label boot --out out/boot.png",
          "edit crossover sphere-fashion fashion-mnist/test/12 fashion-mnist/test/7 --split vertical --out out/both.png",
          "edit inpaint sphere-fashion coat.png --mask hole.png --out out/whole.png",
          "edit refine drifting-fashion blurred-1.png blurred-2.png --label coat --out out/sharper.png",
        )}`,
    );
  for (const [verb, owners] of Object.entries(editVerbs())) addVerb(edit, verb, owners);
}

/** The edits of all methods by name, each with the methods that have it. */
function editVerbs(): Record<string, Record<string, EditInfo>> {
  const verbs: Record<string, Record<string, EditInfo>> = {};
  for (const [method, { edits }] of Object.entries(methods))
    for (const [verb, info] of Object.entries(edits)) verbs[verb] = { ...verbs[verb], [method]: info };
  return verbs;
}

function addVerb(edit: Command, verb: string, owners: Record<string, EditInfo>): void {
  const infos = Object.values(owners);
  const takes = (...inputs: EditInfo["takes"]) => infos.some((info) => inputs.some((one) => info.takes.includes(one)));
  const summaries = [...new Set(infos.map(({ summary }) => summary))];
  const command = edit
    .command(verb)
    .description(`${summaries.join("; ")} (${Object.keys(owners).join(", ")})`)
    .argument("<model>", "name, folder or URL")
    .argument(takes("latents") ? "<latents>" : "<pictures...>")
    .requiredOption("--out <file>", "where the result goes");
  if (takes("pictures", "pair", "exemplars"))
    command.option("--resize", "scale pictures to the model's size, and cut off what is beside its shape");
  if (infos.some(({ gives }) => gives === "pictures"))
    command.option("--scale <n>", "enlarge the result's pixels", whole(1));
  if (takes("mask")) command.option("--mask <picture>", "white where pixels are unknown");
  if (takes("exemplars"))
    command
      .option("--data <id|path>", "where the exemplars come from (default: what the model was trained on)")
      .option("--like <pictures...>", "pictures that are the exemplars, instead of a data set's");
  addOptionFlags(command, Object.fromEntries(Object.entries(owners).map(([method, { options }]) => [method, options])));
  command
    .addOption(checkpointOption())
    .addOption(deviceOption())
    .addOption(jsonOption())
    .action(async (model, given, options) =>
      (await import("../edit.js")).editCommand(verb, model, [given].flat(), options),
    );
}

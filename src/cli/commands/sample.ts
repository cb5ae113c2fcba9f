import type { Command } from "commander";
import { addOptionFlags } from "../flags.js";
import { checkpointOption, deviceOption, examples, inSeveral, jsonOption, real, sampleOptions } from "./arguments.js";

/** `fewstep sample`. */
export function addSample(program: Command): void {
  const sample = program
    .command("sample")
    .description("draw images, texts or motions from a shipped model, a model folder, a training run or a URL")
    .argument("<model>", "name, folder or URL");
  addOptionFlags(sample, sampleOptions, { presets: { count: "64 images, 8 texts" } });
  sample
    .option(
      "--out <file|folder/>",
      "where it goes: .png, .webp, .jpg, .avif; .txt; motions .bvh, .glb, .vrma, .csv, .npz, .gif (two people but in a .glb: " +
        "name-a, name-b); default out/<model>.png, .txt or .glb; a folder/, or a " +
        "name with %05d in it, takes each sample as a file of its own, and labels.csv where there are classes",
    )
    .option(
      "--states <file.npy>",
      "with a prompt, for imported models: the states of its words by the model's text encoder",
    )
    .option(
      "--audio <file...>",
      "gesture: the two people's voices, one stereo file (left: the first) or two files; WAV, FLAC or MP3",
    )
    .option(
      "--style-clip <file...>",
      "gesture: BVH, GLB or VRMA files that show how the first person moves, and the second",
    )
    .option(
      "--stream",
      "motion: goes on for ever, a JSON line on stdout for each block; lines on stdin are new texts. gesture: goes on as long " +
        "as the voices do, of --audio or of stdin: samples of 16 bits at 16 kHz, of the two by turns",
    )
    .option("--idle <x>", "gesture, with --stream: breath, and looking at who speaks, 0 … 1", real)
    .option(
      "--from-clip <file>",
      "motion: goes on from the end of a BVH, GLB or VRMA file, and writes both as one motion",
    )
    .option("--to-clip <file>", "motion: ends with a BVH, GLB or VRMA file, and writes both as one motion")
    .option("--history <x>", "motion, with --stream: noise that what was shown is presented with, 0 … 0.5", real)
    .addOption(checkpointOption())
    .addOption(deviceOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `${examples(
        "sample drifting-fashion --count 64 --label boot --out boots.png",
        "sample drifting-fashion --count 1000 --out boots/%05d.webp --label boot",
        "sample drifting-fashion --guidance 1.5 --seed 7 --json",
        "sample sphere-fashion --steps 2 --label boot",
        "sample flow-fashion --steps 8 --sampler heun",
        "sample duo-text --length 1000 --overlap 64",
        'sample duo-text --count 4 --steps 256 --sampler rescale --prompt "in the beginning "',
        'sample runs/walker --prompt "a person walks" --seconds 4 --out walk.bvh',
        'sample runs/walker --prompt "a person walks" --stream',
        "sample runs/talk --audio both.wav --relation friend --personality 0.8,0,0,-0.5,0 --out talk.glb",
        "sample runs/mine",
        "sample https://example.com/models/mine",
      )}${inSeveral("sample")}`,
    )
    .action(
      async (model, { out, states, audio, styleClip, checkpoint, device, json, stream, fromClip, toClip, ...given }) =>
        (await import("../sample.js")).sampleCommand(model, given, {
          ...{ out, states, audio, styleClip, checkpoint, device, json, stream, fromClip, toClip },
        }),
    );
}

import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { isWrongUse } from "../io/wrong-use.js";
import { trainerNames } from "../loops/diagnostic/export/trainers.js";
import { importable, importers } from "../methods/importers.js";
import { methods } from "../methods/registry.js";
import type { EditInfo } from "../models/edits.js";
import { WEIGHT_TYPES } from "../models/weight-types.js";
import { DIVIDED, requireAlone } from "./alone.js";
import { DIAGNOSE_OWN } from "./diagnose-command.js";
import { addOptionFlags } from "./flags.js";
import { say } from "./output.js";
import { addReadingFlags } from "./reading.js";

const version: string = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;

const whole = (low: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < low)
    throw new InvalidArgumentError(`must be a whole number of at least ${low}.`);
  return value;
};
const real = (text: string) => {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError("must be a number.");
  return value;
};
const positive = (text: string) => {
  const value = real(text);
  if (value <= 0) throw new InvalidArgumentError("must be above 0.");
  return value;
};
const wholeList = (text: string) => text.split(",").map(whole(1));

const devices = ["auto", "cpu", "webgpu", "cuda", "coreml", "dml", "wasm"];
const deviceOption = () => new Option("--device <name>", "where to compute").choices(devices).default("auto");
const checkpointOption = () =>
  new Option("--checkpoint", "take a run that was stopped as it is at its newest checkpoint");
const jsonOption = () => new Option("--json", "print one JSON document on stdout");

/** The end of a command's help. */
const examples = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  fewstep ${line}`).join("\n")}`;

/** What the help of a command that processes do together ends with. */
const inSeveral = (command: string) =>
  `\nIn several processes, also on several machines: mpirun -n 8 fewstep ${command} … (docs/scale.md)`;

/** The commands with their arguments, options and help. */
export const program = new Command("fewstep")
  .description("One-step and few-step generative models: train, sample, edit, evaluate and export them.")
  .version(version)
  .showHelpAfterError("(add --help for what this command takes)")
  .addHelpText(
    "after",
    `
Examples:
  fewstep sample drifting-fashion --count 64 --label boot --out boots.png
  fewstep train drifting --data ./my-pictures --preset tiny --out runs/mine
  fewstep train drifting --resume runs/mine
  fewstep eval runs/mine --features pixel-pca --json
  fewstep --use ./my-method.js train my-method --data ./my-pictures --out runs/own

Exit codes: 0 done (or stopped by Ctrl-C with everything saved), 1 failed (also: a file is damaged or cannot be
read), 2 wrong use (also: a file is not there, or does not fit the model), 130 stopped by a second Ctrl-C.`,
  );

// Before the commands are made: they inherit it.
program.exitOverride();
program.hook("preAction", (_, command) => {
  if (!DIVIDED.includes(command.name())) requireAlone(command.name());
});

/** What models of each method can be asked for, by the name that help gives it. */
const sampleOptions = Object.fromEntries(
  Object.entries(methods).flatMap(([name, { options }]) =>
    Object.entries(options).map(([kind, schema]) => [
      Object.keys(options).length > 1 ? `${name} (${kind})` : name,
      schema,
    ]),
  ),
);

/** Those of models that draw images or motions. */
const diagnosedOptions = Object.fromEntries(
  Object.entries(methods).flatMap(([name, { options }]) =>
    (["image", "motion"] as const).flatMap((kind) => (options[kind] ? [[name, options[kind]]] : [])),
  ),
);

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
      (await import("./sample.js")).sampleCommand(model, given, {
        ...{ out, states, audio, styleClip, checkpoint, device, json, stream, fromClip, toClip },
      }),
  );

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
  .action(async (method, options) => (await import("./train.js")).trainCommand(method, options));

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
    return (await import("./eval.js")).evalCommand(model, { ...own, options });
  });

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
  .action(async (model, options) => (await import("./ask.js")).askCommand(model, options));

const diagnosis = program
  .command("diagnose")
  .description(
    "say which classes (or clusters) a model of images, or which actions one of motion, draws badly, and how, judged by features that it was not trained on; " +
      "or which questions a vision-language model gets wrong, and why: one of fewstep's, any behind an OpenAI-compatible endpoint, or one whose answers VLMEvalKit or lmms-eval has written",
  )
  .argument(
    "[model]",
    "name, folder or URL; or with --model the address of an endpoint, such as http://127.0.0.1:8000/v1",
  )
  .option("--data <id|path>", "real images or motions (default: what the model was trained on)")
  .option(
    "--features <name>",
    "the judge: of images classifier, resnet50-imagenet, a trained classifier's folder or an ONNX file (default: classifier); of motions a trained motion-judge's folder",
  )
  .option(
    "--count <n>",
    "samples and real images of each class at most (default: 500); motions of each action (60); questions of each skill (200)",
    whole(20),
  )
  .option("--seed <n>", "seed of the samples, or number of the set of questions (default: 0)", whole(0))
  .option("--report <file.html>", "write a page with pictures of what is missed")
  .option("--model <name>", "endpoint: the name of its model")
  .option("--questions <file.jsonl>", "endpoint: ask these; a line has image, question, answer, and skill where wanted")
  .option("--skills <a,b,…>", "endpoint: ask for these only (default: all twelve)", (text: string) => text.split(","))
  .option("--out <folder>", "endpoint: where its ledger, diagnosis and report go")
  .option("--resume <folder>", "endpoint: go on with a diagnosis; nothing that was answered is asked again")
  .option("--allow-remote", "endpoint: leave to send pictures and questions to another machine")
  .option("--concurrency <n>", "endpoint: calls at a time (default: 4)", whole(1))
  .option("--attempts <n>", "endpoint: calls for a question at most (default: 5)", whole(1))
  .option("--timeout <s>", "endpoint: seconds that a call may take (default: 120)", positive)
  .option("--max-tokens <n>", "endpoint: tokens of an answer at most (default: 1024)", whole(1))
  .option("--export <folder>", "write new questions with pictures to train on, most of what is answered wrongly")
  .addOption(new Option("--for <trainer>", "who reads the export").choices(trainerNames))
  .option("--items <n>", "questions of the export (default: 1000)", whole(1))
  .addOption(checkpointOption())
  .addOption(deviceOption())
  .addOption(jsonOption());
addOptionFlags(diagnosis, diagnosedOptions, { leaveOut: ["count", "label", "seed", "prompt"] });
diagnosis
  .addHelpText(
    "after",
    `
An endpoint is asked over the OpenAI-compatible chat interface of vLLM, llama.cpp, Ollama and others, with pictures as data
URLs; a token is read from FEWSTEP_API_KEY. Calls that fail are no wrong answers: they are counted apart.
${examples(
  "diagnose drifting-fashion --report out/diagnosis.html",
  "diagnose runs/mine --features runs/judge --json",
  "diagnose walker --features runs/motion-judge --count 100",
  "diagnose http://127.0.0.1:8000/v1 --model Qwen/Qwen2.5-VL-3B-Instruct --out out/qwen",
  "diagnose http://127.0.0.1:8000/v1 --model my-model --questions my/questions.jsonl --out out/mine",
  "diagnose --resume out/qwen --export out/lessons --for trl",
  "diagnose samples_mmstar.jsonl --report out/mmstar.html",
)}`,
  )
  .action(async (model, given) => {
    const own = Object.fromEntries(DIAGNOSE_OWN.flatMap((name) => (name in given ? [[name, given[name]]] : [])));
    const options = Object.fromEntries(Object.entries(given).filter(([name]) => !DIAGNOSE_OWN.includes(name as never)));
    return (await import("./diagnose.js")).diagnoseCommand(model, { ...own, options });
  });

program
  .command("improve")
  .description(
    "train a finished run of images, of motions or of answers on, round by round, on a mixture weighted by its diagnosis; a round is kept only where held-out images, motions or questions say that it is better",
  )
  .argument("[run]", "folder of a finished run of drifting, sphere, flow, discrete (pixels), motion or vision-language")
  .option("--data <id|path>", "what it was trained on, where that is now")
  .option("--features <name>", "the judge, as of diagnose (default, of images: classifier)")
  .option("--out <folder>", "where rounds, report and model go")
  .option("--resume <folder>", "go on with one that was stopped")
  .option("--rounds <n>", "rounds at most (default: 3)", whole(1))
  .option("--steps <n>", "training steps of each round (default: those of the run's last stage)", whole(1))
  .option(
    "--reinforce <n>",
    "of models that answer: after these, steps of learning by reward of its own answers (default: the run's, which is none)",
    whole(0),
  )
  .option(
    "--count <n>",
    "of each class, samples and real images in a diagnosis at most (default: 500); or motions of each action (60), questions of each skill (200)",
    whole(20),
  )
  .option("--seed <n>", "seed of samples and rounds (default: 0)", whole(0))
  .option("--control", "also train from the same model, by the same steps, on the mixture as it was, to compare")
  .option("--set <key=value...>", "change a setting of the training that goes on, e.g. jointStage.lr=0.0002")
  .option("--threads <n>", "threads of the runtime (default: all cores)", whole(1))
  .addOption(deviceOption())
  .addOption(jsonOption())
  .addHelpText(
    "after",
    examples("improve runs/mine --out runs/better --rounds 3 --steps 200 --control", "improve --resume runs/better"),
  )
  .action(async (run, options) => (await import("./improve.js")).improveCommand(run, options));

const edit = program
  .command("edit")
  .description("edit pictures with a model that can: sphere and drifting models")
  .addHelpText(
    "after",
    `
Pictures are files of the model's size (--resize scales them), or rows of a data set such as fashion-mnist/test/12.
${examples(
  "edit reconstruct sphere-fashion photo.png --resize --out out/back.png",
  "edit vary sphere-fashion fashion-mnist/test/12 --angle 40 --count 16 --out out/variations.png",
  "edit morph sphere-fashion fashion-mnist/test/12 --label boot --out out/boot.png",
  "edit crossover sphere-fashion fashion-mnist/test/12 fashion-mnist/test/7 --split vertical --out out/both.png",
  "edit inpaint sphere-fashion coat.png --mask hole.png --out out/whole.png",
  "edit refine drifting-fashion blurred-1.png blurred-2.png --label coat --out out/sharper.png",
)}`,
  );
for (const [verb, owners] of Object.entries(editVerbs())) addEdit(verb, owners);

/** The edits of all methods by name, each with the methods that have it. */
function editVerbs(): Record<string, Record<string, EditInfo>> {
  const verbs: Record<string, Record<string, EditInfo>> = {};
  for (const [method, { edits }] of Object.entries(methods))
    for (const [verb, info] of Object.entries(edits)) verbs[verb] = { ...verbs[verb], [method]: info };
  return verbs;
}

function addEdit(verb: string, owners: Record<string, EditInfo>): void {
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
      (await import("./edit.js")).editCommand(verb, model, [given].flat(), options),
    );
}

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
  .addOption(checkpointOption())
  .addOption(jsonOption())
  .addHelpText(
    "after",
    examples(
      "export drifting-fashion --out fashion.onnx",
      "export runs/mine --batch 16 --out mine.onnx",
      "export sphere-emoji --dtype int8 --out small",
      "export drifting-fashion --triton repository",
    ),
  )
  .action(async (model, options) => (await import("./export.js")).exportCommand(model, options));

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
  .action(async (method, options) => (await import("./import.js")).importCommand(method, options));

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
  .action(async (options) => (await import("./data.js")).listCommand(options));
data
  .command("get")
  .description("fetch, check and cache a data set")
  .argument("<id>", "see: fewstep data list")
  .option("--force", "fetch it again although it is cached; replaces a damaged copy")
  .addOption(jsonOption())
  .action(async (id, options) => (await import("./data.js")).getCommand(id, options));

const check = data
  .command("check")
  .description("say what training would read, what it would leave out, and why; trains nothing")
  .argument("<id|path>", "as --data of fewstep train")
  .option(
    "--out <file>",
    "write a sheet of pictures (PNG, WebP, JPEG or AVIF), a row or more for each class in the order of their numbers",
  )
  .addOption(jsonOption());
addReadingFlags(check).action(async (path, options) => (await import("./data-check.js")).checkCommand(path, options));

program
  .command("serve")
  .description("serve models over HTTP: the OpenAI images API, server-sent events, Open Inference Protocol v2")
  .argument("[models...]", "names or folders (default: the shipped ones)")
  .option("--host <address>", "address to listen on; others than this machine's own should have a --token", "127.0.0.1")
  .option("--port <n>", "port to listen on; 0: a free one", whole(0), 8000)
  .option("--models <folders...>", "folders of models or runs; what is added there later is served too")
  .option("--token <text>", "clients must send it as Authorization: Bearer <text> (default: $FEWSTEP_TOKEN)")
  .option("--allow-origin <origins...>", "web pages that may use it, such as https://example.com; *: all")
  .option("--allow-host <names...>", "further names that it may be called by")
  .option("--threads <n>", "threads that each worker computes with (default: all cores)", whole(1))
  .option("--workers <n>", "workers that draw at the same time (default: 1)", whole(1))
  .option("--max-batch <n>", "samples that share a batch; 1: none do (default: 64)", whole(1))
  .option("--max-queue <n>", "requests that wait; further ones are answered with 429 (default: 256)", whole(1))
  .option("--max-count <n>", "samples of a request (default: 64)", whole(1))
  .option("--max-evaluations <n>", "network evaluations of a sample (default: 1024)", whole(1))
  .option("--max-seconds <s>", "seconds of a request, waiting included (default: 120)", positive)
  .option("--max-body <bytes>", "bytes of a request (default: 16777216)", whole(1024))
  .option("--max-loaded <n>", "models that a worker keeps in memory (default: 4)", whole(1))
  .option("--max-sessions <n>", "live sessions at a time (default: 8)", whole(1))
  .option(
    "--max-idle <s>",
    "seconds after which a live session that asks for nothing is closed (default: 60)",
    positive,
  )
  .option("--log-prompts", "log prompts and class names too")
  .addOption(deviceOption())
  .addHelpText(
    "after",
    examples(
      "serve",
      "serve drifting-fashion runs/mine --port 8080",
      "serve --models runs --host 0.0.0.0 --token secret --allow-host models.example.com",
    ),
  )
  .action(async (models, { models: folders, allowOrigin, allowHost, ...options }) =>
    (await import("./serve.js")).serveCommand({
      ...options,
      ...(models.length > 0 && { models }),
      ...(folders && { folders }),
      ...(allowOrigin && { allowOrigins: allowOrigin }),
      ...(allowHost && { allowHosts: allowHost }),
    }),
  );

program
  .command("studio")
  .description("a page to play with models, edit pictures, and train: in the browser, served from this machine")
  .option("--port <n>", "port to listen on; 0: a free one", whole(0), 8080)
  .option(
    "--host <address>",
    "address to listen on; others than this machine's own need the printed token",
    "127.0.0.1",
  )
  .option("--runs <folder>", "folder of training runs", "runs")
  .option("--models <folders...>", "folders of models that are offered too")
  .option("--trainings <n>", "trainings at a time; further ones wait", whole(1), 1)
  .option("--no-open", "open no browser")
  .addHelpText("after", examples("studio", "studio --runs ./my-runs --port 9000 --no-open"))
  .action(async (options) => (await import("./studio.js")).studioCommand(options));

program
  .command("doctor")
  .description("what this machine has: runtimes, devices, browsers, caches")
  .addOption(jsonOption())
  .action(async (options) => (await import("./doctor.js")).doctorCommand(options));

program
  .command("models")
  .description("the models that ship with fewstep")
  .addOption(jsonOption())
  .action(async (options) => (await import("./models.js")).modelsCommand(options));

program
  .command("demo")
  .description("draw a sheet with every shipped model into out/")
  .option("--studio", "then serve the studio; without a terminal only until it has answered once")
  .action(async ({ studio }) => (await import("./demo.js")).demo(studio));

/**
 * Runs a command line, without the names of Node and the program. Says on stderr what went wrong; returns the exit
 * code.
 */
export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said what it had to say
    say(`fewstep: ${(error as Error).message}`);
    if (process.env.FEWSTEP_DEBUG) say(inspect(error));
    return isWrongUse(error) ? 2 : 1;
  }
}

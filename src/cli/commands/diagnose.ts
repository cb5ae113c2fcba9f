import { type Command, Option } from "commander";
import { trainerNames } from "../../loops/diagnostic/export/trainers.js";
import { methods } from "../../methods/registry.js";
import { DIAGNOSE_OWN } from "../diagnose-command.js";
import { addOptionFlags } from "../flags.js";
import { checkpointOption, deviceOption, examples, jsonOption, positive, whole } from "./arguments.js";

/** Those of models that draw images or motions. */
const diagnosedOptions = Object.fromEntries(
  Object.entries(methods).flatMap(([name, { options }]) =>
    (["image", "motion"] as const).flatMap((kind) => (options[kind] ? [[name, options[kind]]] : [])),
  ),
);

/** `fewstep diagnose`, and `fewstep improve`, which goes by it. */
export function addDiagnose(program: Command): void {
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
    .option(
      "--questions <file.jsonl>",
      "endpoint: ask these; a line has image, question, answer, and skill where wanted",
    )
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
      "\nAn endpoint is asked over the OpenAI-compatible chat interface of vLLM, llama.cpp, Ollama and others, with " +
        "pictures as data\nURLs; a token is read from FEWSTEP_API_KEY. Calls that fail are no wrong answers: they are " +
        `counted apart.\n${examples(
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
      const options = Object.fromEntries(
        Object.entries(given).filter(([name]) => !DIAGNOSE_OWN.includes(name as never)),
      );
      return (await import("../diagnose.js")).diagnoseCommand(model, { ...own, options });
    });

  program
    .command("improve")
    .description(
      "train a finished run of images, of motions or of answers on, round by round, on a mixture weighted by its diagnosis; a round is kept only where held-out images, motions or questions say that it is better",
    )
    .argument(
      "[run]",
      "folder of a finished run of drifting, sphere, flow, discrete (pixels), motion or vision-language",
    )
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
    .action(async (run, options) => (await import("../improve.js")).improveCommand(run, options));
}

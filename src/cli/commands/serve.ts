import type { Command } from "commander";
import { deviceOption, examples, positive, whole } from "./arguments.js";

/** `fewstep serve` and `fewstep studio`. */
export function addServe(program: Command): void {
  program
    .command("serve")
    .description("serve models over HTTP: the OpenAI images API, server-sent events, Open Inference Protocol v2")
    .argument("[models...]", "names or folders (default: the shipped ones)")
    .option(
      "--host <address>",
      "address to listen on; others than this machine's own should have a --token",
      "127.0.0.1",
    )
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
      (await import("../serve.js")).serveCommand({
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
    .action(async (options) => (await import("../studio.js")).studioCommand(options));
}

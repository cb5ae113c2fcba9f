import { join } from "node:path";
import { reportText, type ToldReport } from "../data/report.js";
import { shellWord } from "../io/show.js";
import { DATA_FILE } from "../train/data-record.js";
import { type RunResult, terminalProgress } from "../train/index.js";
import { downloadProgress } from "./data.js";
import { printJson, say } from "./output.js";
import type { TrainMessage } from "./train-worker.js";
import { used } from "./use.js";

/** Shows what a training tells: how far data and steps are, and what was read. */
export function trainingTold(out: string) {
  const { onProgress, stop } = downloadProgress();
  const show = terminalProgress();
  let data: ToldReport | null = null;
  return {
    stop,
    get data() {
      return data;
    },
    onMessage(message: TrainMessage): void {
      if ("download" in message) onProgress(message.download);
      else stop();
      if ("progress" in message) show(message.progress);
      if (!("data" in message)) return;
      data = message.data;
      say(reportText(data, `named in ${join(out, DATA_FILE)}`));
    },
  };
}

/** How a run is gone on with, to be copied into a shell. */
const resumeCommand = (method: string, out: string): string =>
  [...used.flatMap((module) => ["--use", module]), "train", method, "--resume", out].map(shellWord).join(" ");

/** Says, on the terminal or as JSON, how a training ended. */
export function report(
  method: string,
  out: string,
  { status, step, seconds, metrics }: RunResult,
  data: ToldReport | null,
  json?: boolean,
): void {
  const model = status === "finished" ? join(out, "model") : null;
  const page = join(out, "report.html");
  if (json) printJson({ status, step, seconds, metrics, model, report: page, data });
  else if (model && step === 0)
    say(`Without a training step: the model is as it began. Model: ${model}. Report: ${page}`);
  else if (model) say(`Trained in ${Math.round(seconds)} s. Model: ${model}. Report: ${page}`);
  else say(`Stopped at step ${step}, saved. Go on with: fewstep ${resumeCommand(method, out)}`);
}

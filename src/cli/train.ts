import { join } from "node:path";
import { reportText, type ToldReport } from "../data/report.js";
import { shellWord } from "../io/show.js";
import { launchedBy } from "../runtime/mpi/launcher.js";
import { nativeOrNull } from "../runtime/native.js";
import { inWorker, siblingModule } from "../runtime/thread.js";
import { DATA_FILE } from "../train/data-record.js";
import { type RunResult, terminalProgress, withInterrupt } from "../train/index.js";
import { downloadProgress } from "./data.js";
import { printJson, say } from "./output.js";
import { planTraining, type TrainCommand } from "./train-plan.js";
import type { TrainJob, TrainMessage } from "./train-worker.js";
import { used } from "./use.js";

export async function trainCommand(methodName: string, command: TrainCommand): Promise<void> {
  const launched = launchedBy(process.env);
  if (launched) return (await import("./train-together.js")).trainTogether(launched, methodName, command);
  const { maxSeconds } = command;
  const plan = await planTraining(methodName, command);
  const { out } = plan;
  const job: TrainJob = { ...plan, maxSeconds, use: used };
  await nativeOrNull(); // what is missing is said before the work begins
  const told = trainingTold(out);
  const kill = new AbortController();
  const result = await withInterrupt(
    (signal) =>
      inWorker<TrainJob, RunResult, TrainMessage>(siblingModule(import.meta.url, "train-worker"), "train", job, {
        signal,
        kill: kill.signal,
        onMessage: told.onMessage,
      }),
    say,
    () => kill.abort(),
  )
    .catch((error: Error) => {
      if (error.name !== "AbortError") throw error;
      say("Stopped while the data were fetched or made, before training began; what has been fetched is kept.");
      if (command.json)
        printJson({
          status: "interrupted",
          step: 0,
          seconds: 0,
          metrics: {},
          model: null,
          report: null,
          data: told.data,
        });
      return null;
    })
    .finally(told.stop);
  if (result) report(methodName, out, result, told.data, command.json);
}

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

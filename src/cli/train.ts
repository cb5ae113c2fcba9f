import { launchedBy } from "../runtime/mpi/launcher.js";
import { nativeOrNull } from "../runtime/native.js";
import { inWorker, siblingModule } from "../runtime/thread.js";
import { type RunResult, withInterrupt } from "../train/index.js";
import { printJson, say } from "./output.js";
import { planTraining, type TrainCommand } from "./train-plan.js";
import { report, trainingTold } from "./train-told.js";
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

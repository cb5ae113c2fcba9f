import type { Launched, MpiRanks } from "../runtime/mpi/index.js";
import { withInterrupt } from "../train/index.js";
import { requireSameRun } from "../train/same.js";
import { say, UsageError } from "./output.js";
import { codeOf, endAll, join } from "./ranks.js";
import { planTraining, type TrainCommand, type TrainPlan } from "./train-plan.js";
import { report, trainingTold } from "./train-told.js";
import { train } from "./train-worker.js";
import { used } from "./use.js";

/** Seconds in which the other ranks have to come to an exchange. */
const LOST = 1800;
/** Seconds after a signal from which on it is said that the other ranks are waited for; a launcher that ends all kills before. */
const SLOW = 1.5;

/**
 * Trains as one of several processes that MPI connects. The first plans, writes and speaks; a signal to any of them is
 * one to all. An error of one ends all.
 */
export async function trainTogether(launched: Launched, method: string, command: TrainCommand): Promise<void> {
  let stopping: AbortSignal | null = null;
  const ranks = await join(launched, { onWait: (seconds) => waiting(launched, seconds, stopping) });
  const first = ranks.rank === 0;
  const plan = await planned(ranks, method, command);
  if (plan === null) return;
  const told = first ? trainingTold(plan.out) : null;
  try {
    const job = { ...plan, maxSeconds: command.maxSeconds, use: used, ranks };
    const result = await withInterrupt(
      async (signal) => {
        stopping = signal;
        return train(job, (message) => told?.onMessage(message), signal);
      },
      first ? say : () => {},
    );
    stopping = null;
    await ranks.leave();
    if (told) report(method, plan.out, result, told.data, command.json);
  } catch (error) {
    told?.stop();
    await endAll(ranks, reasonOf(error as Error), codeOf(error));
  } finally {
    told?.stop();
  }
}

/**
 * The first rank's plan, in all. Where there can be none, such as where they were asked for different things, the first
 * throws why; the others end as it does.
 */
async function planned(ranks: MpiRanks, method: string, command: TrainCommand): Promise<TrainPlan | null> {
  const first = ranks.rank === 0;
  let failure: Error | null = null;
  let text = "";
  const other = await requireSameRun(ranks, { method, command, used }).catch((error: Error) => error);
  if (first)
    try {
      if (other) throw new UsageError(other.message);
      text = JSON.stringify({ plan: await planTraining(method, command) });
    } catch (error) {
      failure = error as Error;
      text = JSON.stringify({ code: codeOf(error) });
    }
  const got = JSON.parse(new TextDecoder().decode(await ranks.broadcast(new TextEncoder().encode(text))));
  if (got.plan) return got.plan as TrainPlan;
  await ranks.leave();
  if (failure) throw failure;
  process.exitCode = got.code;
  return null;
}

/** What ended a training, in words. */
const reasonOf = (error: Error): string =>
  error.name === "AbortError"
    ? "Stopped while the data were fetched or made, before training began; what has been fetched is kept."
    : error.message;

let said = false;

/** What is said, and done, where the others do not come. @throws where they have not come for too long */
function waiting({ rank, size }: Launched, seconds: number, stopping: AbortSignal | null): void {
  if (seconds > LOST)
    throw new Error(
      `The other ranks of ${size} have not answered for ${LOST / 60} minutes: one is lost, or stands still.`,
    );
  if (said || rank > 1 || seconds < SLOW || !stopping?.aborted) return;
  said = true;
  say(
    `fewstep: rank ${rank} of ${size} is to stop and waits for the others to save. If one was lost, the run ends here; its last ` +
      "checkpoint is whole, and --resume auto goes on from it, with any number of ranks.",
  );
}

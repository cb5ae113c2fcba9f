import { availableParallelism } from "node:os";
import { setTimeout } from "node:timers/promises";
import { isWrongUse } from "../io/wrong-use.js";
import { type JoinOptions, joinRanks, type Launched, type MpiRanks } from "../runtime/mpi/index.js";
import { say } from "./output.js";

/** Milliseconds that other ranks leave to the first, to say what all of them have met. */
const LATE = 2000;

/** Joins the other ranks, each with its share of the machine's cores where nobody says how many threads it has. */
export async function join(launched: Launched, options?: JoinOptions): Promise<MpiRanks> {
  const ranks = await joinRanks(launched, options).catch(async (error: Error) => {
    if (launched.rank > 0) await setTimeout(LATE);
    throw error;
  });
  process.env.FEWSTEP_THREADS ??= String(Math.max(1, Math.floor(availableParallelism() / launched.local)));
  return ranks;
}

/** Says what went wrong, unless the first rank has, and ends all ranks: the others wait for this one in vain. */
export async function endAll(ranks: MpiRanks, message: string, code: number): Promise<void> {
  if (ranks.rank > 0) await setTimeout(LATE);
  say(`fewstep: ${ranks.rank > 0 ? `${ranks.name}: ` : ""}${message}`);
  await new Promise((resolve) => process.stderr.write("", resolve));
  ranks.abort(code);
}

/** The exit code of a command that ended with an error. */
export const codeOf = (error: unknown): 1 | 2 => (isWrongUse(error) ? 2 : 1);

import { teamJudges } from "../judges/extractors/divided.js";
import { loadModel } from "../methods/load.js";
import { teamDraws } from "../models/divided.js";
import type { Launched } from "../runtime/mpi/launcher.js";
import { Team } from "../runtime/mpi/team.js";
import { requireSameRun } from "../train/same.js";
import type { Hands } from "./hands.js";
import { say, UsageError } from "./output.js";
import { codeOf, endAll, join } from "./ranks.js";
import { used } from "./use.js";

/**
 * Runs a command as one of several processes: the first does it, and has the others draw and judge with it. An error of
 * any ends all, after the first has said it.
 */
export async function asTeam(
  launched: Launched,
  asked: unknown,
  command: (hands: Hands) => Promise<void>,
): Promise<void> {
  const ranks = await join(launched);
  let failure: unknown = null;
  try {
    const team = await Team.of(ranks);
    const drawing = teamDraws(team, {
      open: ({ location, ...options }) => loadModel(location, options),
      say,
    });
    const judging = teamJudges(team);
    const other = await requireSameRun(ranks, { asked, used }).catch((error: Error) => error);
    if (ranks.rank > 0) {
      await team.follow();
      await drawing.release();
      await judging.release();
    } else {
      try {
        if (other) throw new UsageError(other.message);
        await command({ model: drawing.divide, judges: judging.divide });
      } catch (error) {
        failure = error;
      }
      await team.dismiss();
    }
    await ranks.leave();
  } catch (error) {
    return endAll(ranks, (error as Error).message, codeOf(error));
  }
  if (failure) throw failure;
}

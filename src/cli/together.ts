import { launchedBy } from "../runtime/mpi/launcher.js";
import { ALONE, type Hands } from "./hands.js";

/**
 * Runs a command that divides what it draws. Of several processes the first runs it, writes and speaks, and the others
 * lend it their hands; `asked` is what all of them have to be asked for.
 */
export async function together(asked: unknown, command: (hands: Hands) => Promise<void>): Promise<void> {
  const launched = launchedBy(process.env);
  return launched ? (await import("./as-team.js")).asTeam(launched, asked, command) : command(ALONE);
}

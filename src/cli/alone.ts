import { launchedBy } from "../runtime/mpi/launcher.js";
import { UsageError } from "./output.js";

/** The commands that processes do together. */
export const DIVIDED: readonly string[] = ["train", "sample", "eval"];

/**
 * Refuses what processes that were started together would each do as if it were alone, over each other's files. `what`
 * is a command, or one with the option that cannot be divided. @throws UsageError in the first of them; the others end
 * as it does
 */
export function requireAlone(what: string): void {
  const launched = launchedBy(process.env);
  if (!launched) return;
  if (launched.rank > 0) process.exit(2);
  throw new UsageError(
    `${launched.size} processes were started together (${launched.variable}), and each would do the same: "${what}" is not ` +
      `divided among them, as train, sample and eval are. Start it once, without mpirun or srun -n.`,
  );
}

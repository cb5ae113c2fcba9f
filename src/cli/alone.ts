import { launchedBy } from "../runtime/mpi/launcher.js";
import { UsageError } from "./output.js";

/**
 * Refuses what processes that were started together would each do as if it were alone, over each other's files: all
 * commands but `train`. @throws UsageError in the first of them; the others end as it does
 */
export function requireAlone(command: string): void {
  const launched = command === "train" ? null : launchedBy(process.env);
  if (!launched) return;
  if (launched.rank > 0) process.exit(2);
  throw new UsageError(
    `${launched.size} processes were started together (${launched.variable}), and each would do the same: only train ` +
      `divides its work among them. Start "${command}" once, without mpirun or srun -n.`,
  );
}

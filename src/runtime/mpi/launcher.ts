/** What a launcher of several processes says of this one. */
export interface Launched {
  rank: number;
  size: number;
  /** Ranks on this machine. */
  local: number;
  /** The environment's variable that says how many there are. */
  variable: string;
}

const LAUNCHERS = [
  { size: "OMPI_COMM_WORLD_SIZE", rank: "OMPI_COMM_WORLD_RANK", local: "OMPI_COMM_WORLD_LOCAL_SIZE" },
  { size: "PMI_SIZE", rank: "PMI_RANK", local: "MPI_LOCALNRANKS" },
  { size: "SLURM_STEP_NUM_TASKS", rank: "SLURM_PROCID", local: "SLURM_NTASKS_PER_NODE" },
  { size: "SLURM_NTASKS", rank: "SLURM_PROCID", local: "SLURM_NTASKS_PER_NODE" },
] as const;

/**
 * Whether `mpirun`, `mpiexec` or `srun` started this process as one of several. A job's script that Slurm runs once has
 * its variables too, but no step (`SLURM_STEP_ID`). @throws where they contradict each other
 */
export function launchedBy(environment: Readonly<Record<string, string | undefined>>): Launched | null {
  const whole = (name: string) => {
    const text = environment[name];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  for (const { size: variable, rank: ranked, local } of LAUNCHERS) {
    if (variable.startsWith("SLURM") && environment.SLURM_STEP_ID === undefined) continue;
    const size = whole(variable);
    if (size === undefined || size < 2) continue;
    const rank = whole(ranked) ?? whole("PMIX_RANK");
    if (rank === undefined || rank >= size)
      throw new Error(
        `${variable} says that this is one of ${size} processes, but ${ranked} does not say which: it is ` +
          `${environment[ranked] ?? "not set"}. Start them with mpirun or srun, or unset ${variable}.`,
      );
    return { rank, size, local: Math.min(size, whole(local) || size), variable };
  }
  return null;
}

import { expect, test } from "vitest";
import { launchedBy } from "../../src/runtime/mpi/launcher.js";

test.each([
  [{}, null],
  [{ OMPI_COMM_WORLD_SIZE: "1", OMPI_COMM_WORLD_RANK: "0" }, null],
  [
    { OMPI_COMM_WORLD_SIZE: "8", OMPI_COMM_WORLD_RANK: "3", OMPI_COMM_WORLD_LOCAL_SIZE: "4", SLURM_NTASKS: "1" },
    { rank: 3, size: 8, local: 4, variable: "OMPI_COMM_WORLD_SIZE" },
  ],
  [
    { PMI_SIZE: "4", PMI_RANK: "0", MPI_LOCALNRANKS: "4" },
    { rank: 0, size: 4, local: 4, variable: "PMI_SIZE" },
  ],
  // srun with PMIx, whose steps know their tasks
  [
    { SLURM_STEP_ID: "0", SLURM_STEP_NUM_TASKS: "6", SLURM_NTASKS: "12", PMIX_RANK: "5", SLURM_NTASKS_PER_NODE: "2" },
    { rank: 5, size: 6, local: 2, variable: "SLURM_STEP_NUM_TASKS" },
  ],
  [
    { SLURM_STEP_ID: "0", SLURM_NTASKS: "12", SLURM_PROCID: "11", SLURM_NTASKS_PER_NODE: "4(x3)" },
    { rank: 11, size: 12, local: 12, variable: "SLURM_NTASKS" },
  ],
  // A job's script is started once, however many tasks the job has
  [{ SLURM_NTASKS: "12", SLURM_PROCID: "0" }, null],
])("%o is %o", (environment, launched) => {
  expect(launchedBy(environment)).toEqual(launched);
});

test("a number of processes without a rank is refused", () => {
  const refused = (environment: Record<string, string>) => () => launchedBy(environment);
  expect(refused({ PMI_SIZE: "4" })).toThrow(/PMI_SIZE says that this is one of 4 processes, but PMI_RANK .* not set/);
  expect(refused({ PMI_SIZE: "4", PMI_RANK: "4" })).toThrow(/PMI_RANK does not say which: it is 4/);
});

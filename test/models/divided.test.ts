import { resolve } from "node:path";
import { expect, test } from "vitest";
import { mpirun, noMpi } from "../cli/mpi.js";

if (noMpi) console.warn(`Drawing in several processes is not tested: ${noMpi}`);

const script = resolve(import.meta.dirname, "fixtures/divided.mjs");

test.skipIf(noMpi !== null)(
  "two ranks draw what one process draws, of every kind; an error of one ends the request, not the team",
  { timeout: 600_000 },
  async () => {
    const { code, stdout, stderr } = await mpirun(["-n", "2", process.execPath, script]);
    expect(code, stderr).toBe(0);
    const { said, reconstruction, refused, failed, ...drawn } = JSON.parse(stdout);
    // Progress is that of all ranks: a round of two batches is twice the steps of the first rank's
    const rounds = (steps: number) => Array.from({ length: steps }, (_, i) => [2 * (i + 1), 2 * steps]);
    const two = (steps: number) => ({ difference: 0, steps: rounds(steps), done: [8, 10] });
    const three = [2, 4, 5, 6].map((step) => [step, 6]);
    expect(drawn).toEqual({
      "flow-fashion": { difference: 0, steps: three, done: [8, 16, 17] },
      ...{ "sphere-fashion": two(2), "duo-names": two(5), walker: two(2), talk: two(1) },
    });
    expect(reconstruction.difference).toBeLessThan(1e-5);
    expect(reconstruction.label[1]).toBe(reconstruction.label[0]);
    expect(said).toEqual(["5 samples are drawn in 1 batch: 1 of the 2 ranks cannot help."]);
    expect(refused).toBe("count must be a whole number of at least 1, got -1.");
    expect(failed).toMatch(/^rank 1 of 2 \(.+\): a battery is empty$/);
  },
);

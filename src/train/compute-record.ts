import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Compute, deviceNames } from "../runtime/index.js";
import { RunError } from "./run-error.js";

/** Where a run keeps the device and the threads that it was asked to compute with; absent where it was asked for none. */
export const COMPUTE_FILE = "compute.json";

const record = z.object({
  device: z.enum(["auto", ...deviceNames]).optional(),
  threads: z.int().min(1).optional(),
});

/** What stands beside a run's config.json of its device and threads: nothing where neither was asked for. */
export const computeRecord = ({ device, threads }: Compute): Record<string, Compute> =>
  device === undefined && threads === undefined ? {} : { [COMPUTE_FILE]: { device, threads } };

/** The device and threads that the run in `out` was asked to compute with last. @throws RunError where it is damaged */
export async function readComputeRecord(out: string): Promise<Compute> {
  const path = join(out, COMPUTE_FILE);
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return {};
  try {
    return record.parse(JSON.parse(text));
  } catch {
    throw new RunError(`${path} names no device and no threads. Delete it, or say with which to go on.`);
  }
}

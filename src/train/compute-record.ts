import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Compute, deviceNames } from "../runtime/index.js";
import { RunError } from "./run-error.js";

/** How a run was asked to compute. */
export type ComputeRecord = Compute & { gradientCheckpointing?: boolean };

/** Where a run keeps what it was asked to compute with; absent where it was asked for nothing. */
export const COMPUTE_FILE = "compute.json";

const record = z.object({
  device: z.enum(["auto", ...deviceNames]).optional(),
  threads: z.int().min(1).optional(),
  gradientCheckpointing: z.boolean().optional(),
});

/** What stands beside a run's config.json of how it computes: nothing where nothing was asked for. */
export const computeRecord = ({
  device,
  threads,
  gradientCheckpointing,
}: ComputeRecord): Record<string, ComputeRecord> =>
  device === undefined && threads === undefined && !gradientCheckpointing
    ? {}
    : { [COMPUTE_FILE]: { device, threads, ...(gradientCheckpointing && { gradientCheckpointing }) } };

/** How the run in `out` was asked to compute last. @throws RunError where the record is damaged */
export async function readComputeRecord(out: string): Promise<ComputeRecord> {
  const path = join(out, COMPUTE_FILE);
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return {};
  try {
    return record.parse(JSON.parse(text));
  } catch {
    throw new RunError(`${path} names no device and no threads. Delete it, or say with which to go on.`);
  }
}

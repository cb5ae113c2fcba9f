import { readFile, rename } from "node:fs/promises";
import { z } from "zod";
import { writeFileAtomic } from "../../io/atomic.js";
import { processIdentity } from "../../io/process.js";
import { improveRequest, trainRequest } from "./request.js";

/** A training, or an improvement, that waits, has been started, or ended before there was a run. */
const jobSchema = z.object({
  name: z.string(),
  method: z.string(),
  /** What a new improvement of a run is asked for; null for trainings, and where it goes on. */
  improve: improveRequest.nullable().default(null),
  /** What a new run is asked for; null goes on with the one in the folder. */
  request: trainRequest.nullable(),
  /** Settings that change in a run that is gone on with. */
  set: trainRequest.shape.set,
  since: z.string(),
  state: z.enum(["queued", "started", "ended"]),
  /** Of a started one. */
  process: processIdentity.nullable(),
});
export type Job = z.infer<typeof jobSchema>;

const fileSchema = z.object({ format: z.literal(1), jobs: z.array(jobSchema) });

/**
 * The jobs of a queue file, in their order. One that cannot be understood is set aside as `….damaged`, with a warning.
 */
export async function readJobs(path: string, warn: (message: string) => void): Promise<Job[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return [];
  try {
    return fileSchema.parse(JSON.parse(text)).jobs;
  } catch {
    await rename(path, `${path}.damaged`);
    warn(`The queue in ${path} cannot be understood and is set aside as ${path}.damaged; the queue is empty now.`);
    return [];
  }
}

export const writeJobs = (path: string, jobs: readonly Job[]): Promise<void> =>
  writeFileAtomic(path, `${JSON.stringify({ format: 1, jobs }, null, 2)}\n`);

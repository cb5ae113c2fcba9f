import { resolveRuntime } from "../../runtime/index.js";
import type { Ranks } from "../../runtime/ranks.js";
import { RunError } from "../run-error.js";
import { onDevice } from "./on-device.js";
import { onHost } from "./on-host.js";
import { onRanks } from "./on-ranks.js";
import type { Job, Updates } from "./updates.js";

/** Where parameters, averages and the optimiser's state are while a phase is trained. */
export type Place = "host" | "device";

/**
 * The updates of a phase at a place; by default on the device where that is a GPU with buffers of its own (WebGPU), and
 * on the host everywhere else, also where several ranks train together. @throws RunError where these are to train on it
 */
export async function updatesOf(job: Job, place?: Place, ranks?: Ranks): Promise<Updates> {
  if (ranks && ranks.size > 1) {
    if (place !== "device") return onRanks(job, ranks);
    throw new RunError(`${ranks.size} ranks add up their gradients on the host; leave out place "device".`);
  }
  const chosen = place ?? ((await resolveRuntime(job.compute.device)).device === "webgpu" ? "device" : "host");
  return chosen === "device" ? onDevice(job) : onHost(job);
}

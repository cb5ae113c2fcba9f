import { resolveRuntime } from "../../runtime/index.js";
import { onDevice } from "./on-device.js";
import { onHost } from "./on-host.js";
import type { Job, Updates } from "./updates.js";

/** Where parameters, averages and the optimiser's state are while a phase is trained. */
export type Place = "host" | "device";

/**
 * The updates of a phase at a place; by default on the device where that is a GPU with buffers of its own (WebGPU), and
 * on the host everywhere else.
 */
export async function updatesOf(job: Job, place?: Place): Promise<Updates> {
  const chosen = place ?? ((await resolveRuntime(job.compute.device)).device === "webgpu" ? "device" : "host");
  return chosen === "device" ? onDevice(job) : onHost(job);
}

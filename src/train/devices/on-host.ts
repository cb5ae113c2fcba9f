import { compile } from "../../runtime/index.js";
import { gradientGraph, type Job, type Updates } from "./updates.js";

/** The runtime gives the gradients of a run to the host, which updates its vectors in place. */
export function onHost(job: Job): Updates {
  const { optimizer, average, phase, freeze, compute } = job;
  const program = compile(phase.inputs, gradientGraph(job), { freeze, ...compute });
  return {
    async step(feeds) {
      const { gradients, ...values } = await program.run(feeds);
      const { norm } = optimizer.update(gradients);
      average?.update();
      return { ...values, norm: Float32Array.of(norm) };
    },
    settle: async () => {},
    release: () => program.release(),
  };
}

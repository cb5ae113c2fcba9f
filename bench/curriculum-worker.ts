import { readFileSync } from "node:fs";
import { compile, grad, optim, Random } from "../src/core.js";
import { relax, relaxTopk } from "../src/methods/discrete/curriculum.js";
import { meanNelbo } from "../src/methods/discrete/mean-nelbo.js";
import { discreteNetwork } from "../src/methods/discrete/network.js";
import { levelsAt } from "../src/methods/discrete/objective.js";
import { uniformProcess } from "../src/methods/discrete/process.js";
import { drawTimes } from "../src/methods/discrete/schedule.js";
import { presets } from "../src/methods/discrete/settings.js";
import { gammaAt, polynomialCurve, windowOf } from "../src/methods/discrete/transform.js";
import * as nn from "../src/nn/index.js";
import type { CurriculumJob, CurriculumStep, Seconds } from "./curriculum.js";

const MIB = 2 ** 20;

/**
 * Largest resident memory so far, MiB: of this program alone where the system says (Linux), else with what came before
 * it.
 */
function peakMemory(): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

/** Gives the seconds since: of the clock, and of the processor (all threads). */
function clock(): () => Seconds {
  const [start, used] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(used);
    return { wall: (performance.now() - start) / 1e3, cpu: (user + system) / 1e6 };
  };
}

/** Trains by one kind of relaxed tokens; one step for each message. */
function trainer({ kind, vocabulary, length, batch, width, blocks, threads }: CurriculumJob) {
  const { tau, k, low, high } = presets.paper.curriculum;
  const net = discreteNetwork({
    process: "uniform",
    schedule: "log-linear",
    vocabulary,
    length,
    classes: 0,
    network: { kind: "transformer", width, heads: width / 32, blocks, condition: 128, tied: false },
  });
  const parameters = nn.view(net);
  const optimizer = optim.adamw(parameters, { lr: 3e-4, clip: 1 });
  const window = windowOf(vocabulary, { low, high });
  const curve = polynomialCurve(vocabulary, window);
  const random = new Random(0);
  const clean = Int32Array.from({ length: batch * length }, () => random.integer(vocabulary));
  const tokens = { shape: [batch, length], dtype: "int32" as const };
  const levels = { sigma: [batch], alpha: [batch], rest: [batch], dAlpha: [batch] };
  const program = compile(
    {
      clean: tokens,
      noisy: tokens,
      ...levels,
      scaled: kind === "softmax" && [batch, length, vocabulary],
      indices: kind === "topk" && { shape: [batch, length, k], dtype: "int32" as const },
      weights: kind === "topk" && [batch, length, k],
    },
    ({ clean, noisy, sigma, alpha, rest, dAlpha, scaled, indices, weights }) => {
      const input = kind === "softmax" ? { scaled } : kind === "topk" ? { indices, weights } : noisy;
      const loss = meanNelbo(
        net,
        uniformProcess(vocabulary),
        { input, sigma },
        { clean, noisy, levels: { alpha, rest, dAlpha } },
      );
      return { loss, gradients: grad(loss, parameters) };
    },
    { threads },
  );

  function relaxed() {
    const times = drawTimes(random, batch, 0);
    const gamma = times.map((t) => gammaAt(window, t));
    const soft =
      kind === "softmax"
        ? relax(clean, vocabulary, gamma, tau, random)
        : relaxTopk(clean, gamma, { vocabulary, k, tau }, random);
    const absent = { scaled: [], indices: [], weights: [] };
    return { ...absent, ...soft, clean, ...levelsAt(curve, times).inputs };
  }

  return {
    parameters: parameters.count,
    async step(): Promise<CurriculumStep> {
      const draw = clock();
      const inputs = relaxed();
      const drawn = draw();
      const run = clock();
      const { loss, gradients } = await program.run(inputs);
      const ran = run();
      const update = clock();
      optimizer.update(gradients);
      return { draw: drawn, network: ran, update: update(), loss: loss[0], peak: peakMemory() };
    },
  };
}

let training: ReturnType<typeof trainer>;
process.on("message", async (job: CurriculumJob | "step") => {
  if (job === "step") return process.send!(await training.step());
  training = trainer(job);
  process.send!({ parameters: training.parameters, resident: process.memoryUsage.rss() / MIB });
});

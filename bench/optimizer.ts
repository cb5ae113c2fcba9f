import { nn, optim, Random } from "../src/core.js";
import { kernels } from "../src/optim/kernels/index.js";
import { reference } from "../src/optim/kernels/reference.js";
import { type BenchOptions, interleave, load, machine, table, timed } from "./report.js";

const STEPS = 10;

/**
 * AdamW's update with its norm, and a weight average's, of the train bench's MLP: the kernels and the plain loops in
 * turns.
 */
export async function run({ rounds }: BenchOptions) {
  const before = load();
  const { parameters } = nn.mlp([1024, 1024, 1024, 1024, 1024]);
  const gradients = new Random(0).normals(parameters.count);
  const adamw = optim.adamw(parameters, { lr: 1e-4 });
  const ema = optim.ema(parameters, { decay: 0.999 });
  const { flat, count } = parameters;
  const [p, m, v, average] = reference.vectors(4, count);
  p.set(flat);
  const by = { scale: 1, l2: 0, beta1: 0.9, beta2: 0.999, stepSize: 1e-4, correction: 1, eps: 1e-8, decay: 1e-6 };
  const plain = async () => {
    reference.sumOfSquares(gradients);
    reference.adam([p, m, v, gradients], 0, count, by);
  };
  const times = await interleave(rounds, {
    adamw: () => timed(STEPS, async () => adamw.update(gradients)),
    adamwPlain: () => timed(STEPS, plain),
    ema: () => timed(STEPS, async () => ema.update()),
    emaPlain: () => timed(STEPS, async () => reference.average(average, p, 1e-3)),
  });
  const { name } = kernels();
  return {
    bench: "optimizer",
    parameters: count,
    kernels: name,
    machine: machine(),
    load: { before, after: load() },
    times,
  };
}

export function show({ parameters, kernels, times, machine, load }: Awaited<ReturnType<typeof run>>): string {
  return [
    table(
      [`${parameters} parameters`, `${kernels}: ms (min)`, "plain loops: ms (min)"],
      (["adamw", "ema"] as const).map((name) => [
        name,
        ...[times[name], times[`${name}Plain`]].map(({ median, min }) => `${median} (${min})`),
      ]),
    ),
    `${machine.cpu}, Node ${machine.node}; load average ${load.before} before, ${load.after} after.`,
  ].join("\n");
}

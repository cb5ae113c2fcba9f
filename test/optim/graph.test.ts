import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { Random } from "../../src/random/index.js";
import { compile, type Parameters } from "../../src/runtime/index.js";

const network = () => {
  const net = nn.module({ norm: nn.rmsNorm(6), mlp: nn.mlp([6, 8, 5]) });
  net.parameters.initialize(4);
  return net.parameters;
};
const pieces = ({ entries }: Parameters, vector: Float32Array, kind: string) =>
  Object.fromEntries(entries.map(({ name, offset, size }) => [`${kind}/${name}`, vector.slice(offset, offset + size)]));
const joined = ({ entries }: Parameters, values: Record<string, Float32Array>, kind: string) =>
  Float32Array.from(entries.flatMap(({ name }) => [...values[`${kind}/${name}`]]));

function expectClose(got: Float32Array, wanted: Float32Array, what: string) {
  wanted.forEach((value, i) => {
    expect(Math.abs(got[i] - value), `${what}[${i}]`).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
  });
}

const cases: Record<string, Omit<optim.AdamOptions, "lr"> & { lr: number | optim.Schedule; ema?: { decay: number } }> =
  {
    plain: { lr: 0.01 },
    "clip, groups, schedule and average": {
      lr: optim.warmup({ peak: 0.02, steps: 3 }),
      betas: [0.9, 0.95],
      clip: 1.5,
      weightDecay: 0.1,
      groups: [{ match: /bias$|norm/, weightDecay: 0, lr: 0.5 }],
      ema: { decay: 0.6 },
    },
  };

for (const [name, { ema, ...settings }] of Object.entries(cases))
  test(`the graph updates as the loop does: ${name}`, async () => {
    const parameters = network();
    const optimizer = optim.adamw(parameters, settings);
    const average = optim.ema(parameters, { decay: ema?.decay ?? 0 });
    const graph = optim.adamwGraph(parameters.entries, { ...settings, ema });
    const program = compile(graph.inputs, graph.build);
    let state: Record<string, Float32Array> = {};
    for (const kind of graph.kinds) {
      const start = kind === "value" || kind === "average" ? parameters.flat : new Float32Array(parameters.count);
      Object.assign(state, pieces(parameters, start, kind));
    }
    const random = new Random(1);
    const g = new Float32Array(parameters.count);
    for (let k = 0; k < 8; k++) {
      random.fillNormal(g);
      if (k === 5) g[3] = Number.NaN;
      const { step } = optimizer;
      const { norm } = optimizer.update(g);
      if (Number.isFinite(norm)) average.update();
      const next = await program.run({ ...state, ...pieces(parameters, g, "gradient"), scalars: graph.scalars(step) });
      if (k === 5) {
        expect(next.norm[0]).toBeNaN();
        for (const key of Object.keys(state)) expect(next[key], key).toEqual(state[key]);
      } else expect(next.norm[0]).toBeCloseTo(norm, 4);
      state = Object.fromEntries(Object.keys(state).map((key) => [key, next[key]]));
      const { m, v } = optimizer.state().vectors;
      expectClose(joined(parameters, state, "value"), parameters.flat, "value");
      expectClose(joined(parameters, state, "m"), m, "m");
      expectClose(joined(parameters, state, "v"), v, "v");
      if (ema) expectClose(joined(parameters, state, "average"), average.average, "average");
    }
    await program.release();
  });

test("settings out of range are refused", () => {
  expect(() => optim.adamwGraph([], { lr: 1, ema: { decay: 1 } })).toThrow("ema.decay must be in [0, 1), got 1");
  expect(() => optim.adamwGraph([], { lr: -1 })).toThrow("lr");
});

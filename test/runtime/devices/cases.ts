import { loadModel } from "../../../src/methods/load.js";
import { sphereNetwork } from "../../../src/methods/sphere/network.js";
import { inPyramid, sphereLoss } from "../../../src/methods/sphere/objective.js";
import * as nn from "../../../src/nn/index.js";
import * as optim from "../../../src/optim/index.js";
import { Random } from "../../../src/random/index.js";
import { compile, type DeviceName, resident } from "../../../src/runtime/index.js";
import { constant, grad, type Tensor } from "../../../src/tensor/index.js";
import goldenFile from "../../goldens/ops/ops.json" with { type: "json" };
import { type Golden, type OpCase, opCases } from "../../tensor/cases.js";

/** Values by name, or why there are none. */
export type Result = Record<string, number[]> | { error: string };
type Case = (device: DeviceName) => Promise<Record<string, Float32Array>>;

const goldens = goldenFile as unknown as Record<string, Golden>;

/** An op's value and, where gradients flow, the gradients of Σ output·cotangent. */
function opCase({ name, build }: OpCase): Case {
  return async (device) => {
    const { inputs, cotangent, gradients } = goldens[name];
    const program = compile(
      inputs,
      (given: Record<string, Tensor>): Record<string, Tensor | Tensor[]> => {
        const output = build(given);
        if (!cotangent || !gradients) return { output };
        const targets = Object.keys(gradients).map((key) => given[key]);
        return { output, gradients: grad(output, targets, constant(cotangent, output.shape)) };
      },
      { device },
    );
    try {
      return await program.run(Object.fromEntries(Object.entries(inputs).map(([key, { data }]) => [key, data])));
    } finally {
      await program.release();
    }
  };
}

/** Three steps of SGD: the losses, the first gradients and the parameters at the end. */
function trainingCase(net: nn.Module<[Tensor], Tensor>, from: number[], to: number[]): Case {
  return async (device) => {
    const { parameters } = net;
    parameters.initialize(3);
    const program = compile(
      { x: from, y: to },
      ({ x, y }) => {
        const loss = net(x).sub(y).square().mean();
        return { loss, gradients: grad(loss, parameters) };
      },
      { device },
    );
    const optimizer = optim.sgd(parameters, { lr: 0.05, momentum: 0.9 });
    const random = new Random(5);
    const draw = (shape: number[]) => random.fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1)));
    const losses = new Float32Array(3);
    let first: Float32Array | undefined;
    try {
      for (let k = 0; k < losses.length; k++) {
        const { loss, gradients } = await program.run({ x: draw(from), y: draw(to) });
        losses[k] = loss[0];
        first ??= gradients.slice();
        optimizer.update(gradients);
      }
    } finally {
      await program.release();
    }
    return { losses, gradients: first!, parameters: parameters.flat.slice() };
  };
}

/** Four steps of AdamW with all state on the device. */
const residentCase: Case = async (device) => {
  const net = nn.mlp([6, 16, 4]);
  const { parameters } = net;
  parameters.initialize(3);
  const update = optim.adamwGraph(parameters.entries, { lr: 0.01, clip: 1, ema: { decay: 0.9 } });
  const training = await resident({
    inputs: { x: [10, 6], y: [10, 4] },
    build({ x, y }) {
      const loss = net(x).sub(y).square().mean();
      return { loss, gradients: grad(loss, parameters) };
    },
    parameters,
    update,
    device,
  });
  const random = new Random(5);
  const [losses, norms] = [new Float32Array(4), new Float32Array(4)];
  for (let k = 0; k < 4; k++) {
    const feeds = { x: random.fillNormal(new Float32Array(60)), y: random.fillNormal(new Float32Array(40)) };
    const { loss, norm } = await training.step(feeds, update.scalars(k));
    losses[k] = loss[0];
    norms[k] = norm[0];
  }
  const values = { losses, norms, value: await training.read("value"), average: await training.read("average") };
  await training.release();
  return values;
};

/**
 * Gradients of look-ups whose rows repeat, in a short table and in a long one: sums of whole numbers, and what three
 * more runs change.
 */
const lookupCase: Case = async (device) => {
  const [width, count] = [64, 4096];
  const tables = { short: 9, long: 300 };
  const program = compile(
    { y: [count, width], at: { shape: [count], dtype: "int32" } },
    ({ y, at }) => {
      const sums = (rows: number) => {
        const table = constant(new Float32Array(rows * width), [rows, width]);
        return grad(table.gather(at), [table], y)[0];
      };
      return { short: sums(tables.short), long: sums(tables.long) };
    },
    { device },
  );
  const feeds = {
    y: Float32Array.from({ length: count * width }, (_, i) => (i % 7) - 3),
    at: Int32Array.from({ length: count }, (_, i) => (i >> 5) % tables.short),
  };
  const first = await program.run(feeds);
  const changes = new Float32Array(3);
  for (let run = 0; run < changes.length; run++) {
    const again = await program.run(feeds);
    for (const name of ["short", "long"] as const)
      changes[run] += again[name].filter((v, i) => v !== first[name][i]).length;
  }
  await program.release();
  return { ...first, changes };
};

/** The Sphere Encoder's loss, its terms and gradients for one batch. */
const sphereCase: Case = async (device) => {
  const [batch, latent] = [3, 8];
  const net = sphereNetwork({
    image: { height: 8, width: 8, channels: 1 },
    classes: 2,
    body: {
      kind: "conv",
      latent,
      encoder: [4, 4],
      hidden: 12,
      decoder: [4, 4, 4],
      trunk: 12,
      encoderBlocks: 1,
      decoderBlocks: 1,
      condition: 6,
    },
  });
  const { parameters } = net;
  parameters.initialize(3);
  const label = { shape: [batch], dtype: "int32" as const };
  const program = compile(
    { images: [batch, 1, 8, 8], noise: [batch, latent], heavy: [batch], light: [batch], label },
    ({ label, ...inputs }) => {
      const labels = { encode: label, heavy: label, light: label, again: label };
      const weights = {
        reconstruction: 5,
        perceptual: 1,
        consistency: 2,
        consistencyPerceptual: 1,
        latent: 1,
        uniformity: 1,
      };
      const { loss, terms } = sphereLoss(net, { ...inputs, labels }, weights, { perceptual: inPyramid });
      return { loss, ...terms, gradients: grad(loss, parameters) };
    },
    { device },
  );
  const random = new Random(5);
  const draw = (size: number) => random.fillNormal(new Float32Array(size));
  const feeds = {
    images: draw(batch * 64),
    noise: draw(batch * latent),
    heavy: [0, 1, 3],
    light: [0.2, 0, 0.5],
    label: [0, 1, 2],
  };
  const values = await program.run(feeds);
  await program.release();
  return values;
};

const convNet = () =>
  nn.sequential(
    nn.conv2d(2, 8, 3, { padding: 1 }),
    nn.groupNorm(2, 8),
    nn.silu,
    nn.conv2d(8, 12, 3, { stride: 2, padding: 1 }),
    nn.silu,
    nn.convTranspose2d(12, 2, 4, { stride: 2, padding: 1 }),
  );

/** A shipped model draws a few images: read from the package in Node, over HTTP in a browser. */
const shippedModelCase: Case = async (device) => {
  const location =
    typeof document === "undefined" ? "drifting-fashion" : new URL("/models/drifting-fashion", document.baseURI).href;
  const model = await loadModel(location, { kind: "image", device });
  const { pixels } = await model.sample({ count: 2, label: ["Sandal", "Bag"], guidance: 1.5, seed: 4 });
  await model.release();
  return { pixels };
};

/** 0 for finite values, then 1 for each run that a check refuses with the name of the op that made an infinity or NaN. */
const checkCase: Case = async (device) => {
  const program = compile({ x: [3] }, ({ x }) => ({ y: x.sqrt().reciprocal().softmax() }), { device, check: "finite" });
  const refused = (x: number[]) =>
    program.run({ x }).then(
      () => 0,
      (error: Error) => (/is (Sqrt|Reciprocal)\[3\]/.test(error.message) ? 1 : Number.NaN),
    );
  const found = Float32Array.of(await refused([1, 2, 4]), await refused([1, 0, 4]), await refused([1, -2, 4]));
  await program.release();
  return { found };
};

export const cases: Record<string, Case> = {
  ...Object.fromEntries(opCases.map((c) => [c.name, opCase(c)])),
  "a check for what is not finite": checkCase,
  "a shipped model": shippedModelCase,
  "look-ups that repeat": lookupCase,
  "training: on the device": residentCase,
  "training: sphere encoder": sphereCase,
  "training: MLP": trainingCase(nn.mlp([6, 16, 4]), [10, 6], [10, 4]),
  "training: convolutional net": trainingCase(convNet(), [4, 2, 8, 8], [4, 2, 8, 8]),
};

/** Runs every case on a device. A program that stays open keeps the device's shaders for the cases that follow. */
export async function runCases(device: DeviceName): Promise<Record<string, Result>> {
  const open = compile({ x: [1] }, ({ x }) => ({ y: x.neg() }), { device });
  await open.run({ x: [1] });
  const results: Record<string, Result> = {};
  for (const [name, run] of Object.entries(cases)) {
    try {
      const values = await run(device);
      results[name] = Object.fromEntries(Object.entries(values).map(([key, v]) => [key, Array.from(v)]));
    } catch (error) {
      results[name] = { error: (error as Error).message };
    }
  }
  await open.release();
  return results;
}

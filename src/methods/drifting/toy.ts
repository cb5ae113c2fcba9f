import { type ToyName, toy } from "../../data/index.js";
import { evaluatePoints, features, type MetricReport, modeCoverage, ringCentres } from "../../metrics/index.js";
import * as nn from "../../nn/index.js";
import * as optim from "../../optim/index.js";
import { Random } from "../../random/index.js";
import { driftField, driftLoss } from "../../recipes/drift/field.js";
import { normalizedDriftLoss } from "../../recipes/drift/objective.js";
import { compile } from "../../runtime/index.js";
import { grad, type Tensor } from "../../tensor/index.js";
import type { Field } from "./variants.js";

export interface ToyOptions {
  /** "normalized": the multi-temperature loss; else a field for Algorithm 1's plain loss. Default "normalized". */
  field?: "normalized" | Field;
  steps?: number;
  /** Generated, and fresh real, points per step. */
  batch?: number;
  noise?: number;
  hidden?: number;
  lr?: number;
  seed?: number;
  /** Points that are measured. */
  samples?: number;
}

export interface ToyResult {
  toy: ToyName;
  steps: number;
  metrics: MetricReport[];
  /** Of `gaussians-8`: share within 0.2 of a centre, and modes that hold more than 2 %. */
  modes: { highQuality: number; modes: number; shares: Float64Array } | null;
  /** [samples, 2]. */
  points: Float32Array;
}

/** Algorithm 2 with the negatives being the batch itself. */
export const algorithm2 =
  (temperature: number): Field =>
  (x, p, n) =>
    driftField(x, p, n, { temperature, selfMask: true });

/**
 * Trains a one-step generator of points in the plane (an MLP noise → hidden ×3 → 2 with SiLU, Adam) and measures it.
 */
export async function runToy(
  name: ToyName,
  {
    field = "normalized",
    steps = 1500,
    batch = 256,
    noise = 8,
    hidden = 64,
    lr = 1e-3,
    seed = 42,
    samples = 1500,
  }: ToyOptions = {},
): Promise<ToyResult> {
  const net = nn.mlp([noise, hidden, hidden, hidden, 2]);
  const parameters = nn.initialize(net, seed);
  const loss = (points: Tensor, data: Tensor): Tensor => {
    const x = points.unsqueeze(0);
    const positives = data.unsqueeze(0);
    return field === "normalized"
      ? normalizedDriftLoss(x, positives).loss
      : driftLoss(x, field(x.stopGradient(), positives, x.stopGradient()));
  };
  const step = compile(
    { z: [batch, noise], data: [batch, 2] },
    ({ z, data }) => {
      const value = loss(net(z), data);
      return { value, gradients: grad(value, parameters) };
    },
    { threads: 1 },
  );
  const adam = optim.adam(parameters, { lr });
  const random = new Random(seed, "toy");
  const draw = toy(name);
  const z = new Float32Array(batch * noise);
  for (let k = 0; k < steps; k++) {
    random.fillNormal(z);
    const { gradients } = await step.run({ z, data: draw(random, batch) });
    adam.update(gradients);
  }
  await step.release();
  const generate = compile({ z: [samples, noise] }, ({ z }) => ({ points: net(z) }), { threads: 1 });
  const { points } = await generate.run({ z: random.normals(samples * noise) });
  await generate.release();
  const sets = {
    samples: features(points, 2),
    reference: features(draw(random, samples), 2),
    train: features(draw(random, samples), 2),
  };
  const ring = name === "gaussians-8" ? modeCoverage(sets.samples, ringCentres()) : null;
  return { toy: name, steps, metrics: evaluatePoints(sets, { reference: name, random }), modes: ring, points };
}

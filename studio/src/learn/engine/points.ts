import { type Compute, compile, concat, grad, nn, optim, Random, type Tensor } from "fewstep/core";
import { features, slicedWasserstein1 } from "fewstep/metrics";
import { drawTimes, driftField, flowLoss, normalizedDriftLoss, solve } from "fewstep/training";
import { type Draw, type PointsSource, pointsOf } from "./points-data.js";

export interface PointsSettings {
  source: PointsSource;
  /** A whole number; the same seed trains the same networks. */
  seed: number;
  /** Real points of a training step, 16 … 1024; as many are generated. */
  batch: number;
  /** Learning rate of both networks, in (0, 0.1]. */
  lr: number;
  /** Euler steps of the flow, 1 … 64. */
  flowSteps: number;
}
export const pointsDefaults = { seed: 1, batch: 128, lr: 1e-2, flowSteps: 16 };

/** Where both models stand. All points are [n, 2], row by row. */
export interface PointsReport {
  step: number;
  losses: {
    /** Mean square of the drift at the widest of the loss's kernels: the loss itself is constant by construction. */
    drifting: number;
    /** Mean square error of the velocity. */
    flow: number;
  };
  /** 1,000 samples of each: one network evaluation each, and `flowSteps`. */
  drifting: Float32Array;
  flow: Float32Array;
  /** The flow's first 64 samples on their way: [flowSteps + 1, 64, 2], the first their noise. */
  paths: Float32Array;
  flowSteps: number;
  /** The drift at the points of `grid`, [24 · 24, 2]. */
  field: Float32Array;
  /** Sliced Wasserstein-1 distance to held-out points, and that of as many real ones; made once in a while. */
  quality: { step: number; drifting: number; flow: number; floor: number };
}

export const SAMPLES = 1000;
export const PATHS = 64;
export const GRID = 24;
const [NOISE, HIDDEN, WAVES, TIMES] = [2, 64, 4, 16];
/** Noises and times that a step of the flow tries with each real point. */
const TRIES = 2;
/** Width of the shown field's kernel, as a share of the mean distance. */
const FIELD_WIDTH = 0.1;
/** Samples are spread from the beginning: a cloud that starts in one spot drifts slowly. */
const START = { init: "kaiming" } as const;
/** Decay of the weight averages that are shown. */
const AVERAGE = 0.98;
const HELD_OUT = 2000;
const QUALITY_EVERY = 100;

/** Where the drift is shown: [24 · 24, 2], row by row over [−1.4, 1.4]². */
export const grid = Float32Array.from({ length: 2 * GRID * GRID }, (_, i) => {
  const at = i >> 1;
  return (2.8 * (i % 2 === 0 ? at % GRID : Math.floor(at / GRID))) / (GRID - 1) - 1.4;
});

/** Points [n, 2] with cosines and sines of their coordinates beside them: what is fine in the plane is learnt sooner. */
const waves = (x: Tensor): Tensor =>
  concat([x, nn.sinusoidal(x, WAVES, { base: 8, scale: 3 }).reshape([x.shape[0], 2 * WAVES])], 1);

/** A drifting model and a flow, of one network each and equal size, that learn the same points in the same steps. */
export class PointsLearner {
  private readonly drifting = nn.mlp([NOISE * (1 + WAVES), HIDDEN, HIDDEN, HIDDEN, 2], START);
  private readonly velocity = nn.mlp([2 * (1 + WAVES) + TIMES, HIDDEN, HIDDEN, HIDDEN, 2], START);
  private readonly adam: optim.Optimizer;
  private readonly average: optim.Ema;
  private readonly random: Random;
  private readonly draw: Draw;
  private readonly held: ReturnType<typeof features>;
  private readonly floor: number;
  /** What samples begin with: the same at every report, so that one sees each of them move. */
  private readonly start: { z: Float32Array; x: Float32Array; real: Float32Array };
  private readonly training;
  private readonly sampling;
  private readonly flowing;
  private quality: PointsReport["quality"] | null = null;
  private losses = { drifting: Number.NaN, flow: Number.NaN };
  /** Training steps made. */
  step = 0;
  private readonly lr: number;
  private steps: number;

  /** @throws where a setting cannot be. */
  constructor({ source, seed, batch, lr, flowSteps }: PointsSettings, compute: Compute = {}) {
    whole("seed", seed, 0, 2 ** 32 - 1);
    whole("batch", batch, 16, 1024);
    if (!(lr > 0 && lr <= 0.1)) throw new Error(`lr must be a number above 0 and at most 0.1, got ${lr}.`);
    this.lr = lr;
    this.steps = whole("flowSteps", flowSteps, 1, 64);
    this.draw = pointsOf(source);
    this.random = new Random(seed, "points");
    const shown = this.random.split("shown");
    this.start = {
      z: shown.normals(SAMPLES * NOISE),
      x: shown.normals(SAMPLES * 2),
      real: this.draw(shown, batch),
    };
    this.held = features(this.draw(this.random.split("held out"), HELD_OUT), 2);
    this.floor = this.distance(this.draw(this.random.split("floor"), SAMPLES));

    const parameters = nn.initialize(nn.module({ drifting: this.drifting, velocity: this.velocity }), seed);
    this.adam = optim.adam(parameters, { lr, betas: [0.9, 0.99] });
    this.average = optim.ema(parameters, { decay: AVERAGE });
    const generate = (z: Tensor) => this.drifting(waves(z));
    const velocity = (x: Tensor, t: Tensor) =>
      this.velocity(concat([waves(x), nn.sinusoidal(t, TIMES, { scale: 20 })], 1));
    this.training = compile(
      { z: [batch, NOISE], real: [batch, 2], noise: [TRIES * batch, 2], time: [TRIES * batch] },
      ({ z, real, noise, time }) => {
        const { loss, power } = normalizedDriftLoss(generate(z).unsqueeze(0), real.unsqueeze(0));
        const flow = flowLoss(velocity, concat(Array(TRIES).fill(real), 0), noise, time, time);
        return { power, flow, gradients: grad(loss.add(flow), parameters) };
      },
      compute,
    );
    this.sampling = compile(
      { z: [SAMPLES, NOISE], real: [1, batch, 2], grid: [1, GRID * GRID, 2] },
      ({ z, real, grid }) => {
        const points = generate(z);
        const own = points.slice(0, 0, batch).unsqueeze(0);
        const scale = own.cdist(real, 1e-12).mean().maximum(1e-3);
        const [query, positives, negatives] = [grid, real, own].map((t) => t.div(scale));
        const options = { temperature: FIELD_WIDTH, normalization: "row" } as const;
        return { points, field: driftField(query, positives, negatives, options).mul(scale) };
      },
      compute,
    );
    this.flowing = compile({ x: [SAMPLES, 2], t: [SAMPLES] }, ({ x, t }) => ({ v: velocity(x, t) }), compute);
  }

  /** Euler steps from now on. */
  set flowSteps(steps: number) {
    this.steps = whole("flowSteps", steps, 1, 64);
    this.quality = null;
  }

  /** One training step of both. */
  async train(): Promise<void> {
    const { random } = this;
    const batch = this.training.inputs.real.shape[0];
    const { power, flow, gradients } = await this.training.run({
      z: random.normals(batch * NOISE),
      real: this.draw(random, batch),
      noise: random.normals(TRIES * batch * 2),
      time: drawTimes(random, TRIES * batch),
    });
    const { norm } = this.adam.update(gradients);
    if (!Number.isFinite(norm))
      throw new Error(
        `The gradients are not finite at step ${this.step}; start again with a learning rate below ${this.lr}.`,
      );
    this.average.update();
    this.losses = { drifting: power[power.length - 1], flow: flow[0] };
    this.step++;
  }

  /** Draws and measures both models, with their average weights; changes nothing of the training. */
  report(): Promise<PointsReport> {
    return this.average.withAverage(() => this.shown());
  }

  private async shown(): Promise<PointsReport> {
    const { step, steps, losses } = this;
    const { z, x, real } = this.start;
    const { points: drifting, field } = await this.sampling.run({ z, real, grid });
    const paths = new Float32Array((steps + 1) * PATHS * 2);
    paths.set(x.subarray(0, 2 * PATHS));
    let flow = x;
    let at = 0;
    const velocity = async (x: Float32Array, t: number) =>
      (await this.flowing.run({ x, t: new Float32Array(SAMPLES).fill(t) })).v;
    for await (const state of solve(velocity, x, steps)) {
      flow = state;
      paths.set(state.subarray(0, 2 * PATHS), ++at * 2 * PATHS);
    }
    if (this.quality === null || step >= this.quality.step + QUALITY_EVERY)
      this.quality = {
        step,
        drifting: this.distance(drifting),
        flow: this.distance(flow),
        floor: this.floor,
      };
    return { step, losses, drifting, flow, paths, flowSteps: steps, field, quality: this.quality };
  }

  /** To the held-out points, along 32 directions that are always the same. */
  private distance(points: Float32Array): number {
    return slicedWasserstein1(features(points, 2), this.held, { directions: 32, random: new Random(0, "directions") });
  }

  async release(): Promise<void> {
    for (const program of [this.training, this.sampling, this.flowing]) await program.release();
  }
}

function whole(name: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Error(`${name} must be a whole number from ${low} to ${high}, got ${value}.`);
}

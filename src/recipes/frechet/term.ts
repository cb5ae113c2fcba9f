import type { FeatureNet } from "../../networks/feature-net.js";
import { type Compute, compile, computeOf, type Feed, type InputSpec } from "../../runtime/index.js";
import type { Tensor } from "../../tensor/index.js";
import type { Stage } from "../../train/stages.js";
import { projectedFamilies } from "./families.js";
import { FrechetField, type Memory } from "./field.js";
import type { RealFamily } from "./reference.js";

/** How a one-step generator draws for a step: every class that has images, `samples` of each. */
export interface Drawing {
  /** Of the graph's inputs that `next` fills. */
  specs: Record<string, InputSpec | false>;
  next(): Record<string, Feed>;
  /** What `next` changes and reads again. */
  state: Stage["state"];
}

export interface FrechetTermOptions extends Compute {
  /** Stands before the names of all that the term adds to a step, where there is another. */
  name?: string;
  /** Of every class in a step. */
  samples: number;
  memory: Memory;
  features: FeatureNet | null;
  real: readonly RealFamily[];
  drawing: Drawing;
  /** Images [classes · samples, C, H, W], class after class, as the sampler gives them. */
  generate(inputs: Record<string, Tensor>): Tensor;
}

/** Samples of the model as it begins that the moments start from. */
const SEED = 10_000;

/**
 * The Fréchet distance (FD-loss, 2604.28190) within classes as a term of a loss, over several families of features:
 * Σ_k w_k |f − M_k(f)|², w_k = 1/(FD_k + ε), whose gradient is that of the distances where the moments are those of all
 * that the model draws. They follow by running averages; no gradient flows through M_k.
 */
export function frechetTerm(options: FrechetTermOptions) {
  const { name: own, samples, memory, features, real, drawing, generate } = options;
  const { classes } = real[0].moments;
  const families = real.map(({ projection: { name: family, dim }, moments }) => ({
    family,
    name: own === undefined ? family : `${own}-${family}`,
    dim,
    field: new FrechetField(moments, memory),
  }));
  const projected = projectedFamilies(
    features,
    real.map(({ projection }) => projection),
  );
  /** Drawn features of each family [classes · samples, dim]. */
  const drawn = (inputs: Record<string, Tensor>): Record<string, Tensor> => {
    const vectors = projected(generate(inputs));
    return Object.fromEntries(families.map(({ family, name }) => [name, vectors[family]]));
  };

  async function begin(): Promise<void> {
    const program = compile(drawing.specs, drawn, computeOf(options));
    const runs = Math.max(1, Math.ceil(SEED / (classes * samples)));
    const found: Record<string, Float32Array>[] = [];
    for (let i = 0; i < runs; i++) found.push(await program.run(drawing.next()));
    await program.release();
    for (const { name, dim, field } of families) {
      const runsOf = found.map((one) => one[name]);
      field.begin({ values: byClass(runsOf, classes), classes, dim });
    }
  }

  return {
    /** Pictures that a step draws. */
    batch: classes * samples,
    inputs: {
      ...drawing.specs,
      ...Object.fromEntries(
        families.flatMap(({ name, dim }): [string, InputSpec][] => [
          [`transport ${name}`, [dim, dim]],
          [`shift ${name}`, [classes, 1, dim]],
          [`weight ${name}`, [1]],
        ]),
      ),
    },
    /** The term, and the drawn features, which `observe` takes. */
    loss(inputs: Record<string, Tensor>): { loss: Tensor; vectors: Record<string, Tensor> } {
      const vectors = drawn(inputs);
      const losses = families.map(({ name, dim }) => {
        const f = vectors[name].reshape([classes, samples, dim]);
        const carried = f.matmul(inputs[`transport ${name}`]).add(inputs[`shift ${name}`]);
        const way = f
          .sub(carried.stopGradient())
          .square()
          .sum()
          .div(classes * samples);
        return way.mul(inputs[`weight ${name}`]).sum();
      });
      return { loss: losses.reduce((a, b) => a.add(b)), vectors };
    },
    /** What step k of the term (from 0, where the moments begin) is fed; one family's map is renewed in turn. */
    async next(k: number): Promise<Record<string, Feed>> {
      if (k === 0) await begin();
      families[k % families.length].field.refresh();
      const feeds = families.flatMap(({ name, field }) =>
        Object.entries(field.feeds()).map(([what, values]) => [`${what} ${name}`, values]),
      );
      return { ...drawing.next(), ...Object.fromEntries(feeds) };
    },
    /** Takes in what a step drew and gives what is logged instead: the distances. */
    observe(values: Record<string, Float32Array>): Record<string, Float32Array> {
      const others = { ...values };
      for (const { name, dim, field } of families) {
        field.observe({ values: values[name], classes, dim });
        delete others[name];
        others[`frechet-${name}`] = Float32Array.of(field.distance);
      }
      return others;
    },
    /** Whether the means of a family swing around their targets. */
    swings: () => families.some(({ field }) => field.swings),
    state: {
      ...drawing.state,
      ...Object.fromEntries(families.map(({ name, field }) => [`field-${name}`, field])),
    } satisfies Stage["state"],
  };
}

export type FrechetTerm = ReturnType<typeof frechetTerm>;

/** Rows of runs, each class after class, as one list that is so. */
function byClass(runs: readonly Float32Array[], classes: number): Float32Array {
  const each = runs[0].length / classes;
  const all = new Float32Array(runs.length * runs[0].length);
  for (let c = 0; c < classes; c++)
    for (const [i, run] of runs.entries())
      all.set(run.subarray(c * each, (c + 1) * each), (c * runs.length + i) * each);
  return all;
}

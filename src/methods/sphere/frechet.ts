import { ClassStream, type ImageDataset, toFloat } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { type RealFamily, realFamilies } from "../../recipes/frechet/reference.js";
import { frechetStage } from "../../recipes/frechet/stage.js";
import { type FrechetTerm, type FrechetTermOptions, frechetTerm } from "../../recipes/frechet/term.js";
import { constant, type Tensor } from "../../tensor/index.js";
import type { Stage } from "../../train/stages.js";
import { spherify } from "./geometry.js";
import type { SphereStageContext } from "./stages.js";

type Drawn = Pick<FrechetTermOptions, "drawing" | "generate">;

/** Class of every training image; of data without classes all are of the one that stands for none. */
const labelsOf = ({ train: { labels, count }, classNames }: ImageDataset): ArrayLike<number> =>
  labels && classNames ? labels : new Uint8Array(count);

/** Classes that have images, in their order. */
const classesOf = (dataset: ImageDataset): number[] =>
  [...new Set(Array.from(labelsOf(dataset)))].sort((a, b) => a - b);

/** An angle in degrees, of all of so many latents. */
const toAll = (angle: number, count: number): Tensor => constant([angle]).broadcastTo([count]);

/** What is drawn in one step, `samples` of every class: random points of the sphere, decoded as a sample's first step is. */
function firstSteps({ dataset, config, latent, net }: SphereStageContext, samples: number): Drawn {
  const labels = Int32Array.from(classesOf(dataset).flatMap((label) => new Array<number>(samples).fill(label)));
  const count = labels.length;
  const random = new Random(config.seed, "first steps");
  const angle = toAll(config.sampleAngle ?? 90, count);
  return {
    drawing: {
      specs: { points: [count, latent], pointLabels: { shape: [count], dtype: "int32" } },
      next: () => ({ points: random.normals(count * latent), pointLabels: labels }),
      state: { points: random },
    },
    generate: ({ points, pointLabels }: Record<string, Tensor>) =>
      net.decode(spherify(points), pointLabels, angle).clamp(-1, 1),
  };
}

/** Images as `reconstruct` gives them back, `samples` of every class: without noise, and without being told the class. */
function reconstructions({ dataset, config, net }: SphereStageContext, samples: number): Drawn {
  const { train, channels, height, width, classNames } = dataset;
  const classes = classesOf(dataset);
  const count = classes.length * samples;
  const stream = new ClassStream(labelsOf(dataset), Math.max(...classes) + 1, new Random(config.seed, "pictures"));
  const none = constant([classNames?.length ?? 0], [1], "int32").broadcastTo([count]);
  return {
    drawing: {
      specs: { pictures: [count, channels, height, width] },
      next: () => ({ pictures: toFloat(train, stream.next(classes, samples)) }),
      state: { pictures: stream },
    },
    generate: ({ pictures }: Record<string, Tensor>) =>
      net.decode(spherify(net.encode(pictures, none)), none, toAll(0, count)).clamp(-1, 1),
  };
}

const KINDS = { samples: firstSteps, reconstructions };

/** The Fréchet distances that `matching` asks for, as terms beside the sphere's own losses. */
export async function matchingTerms(
  context: SphereStageContext,
  features: FeatureNet | null,
): Promise<Record<string, FrechetTerm>> {
  const { of, samples, decay, meanDecay } = context.config.matching;
  const real = await realFamilies(context.dataset, features, context);
  const names = of === "both" ? (["samples", "reconstructions"] as const) : [of];
  const term = (name: keyof typeof KINDS) =>
    frechetTerm({
      ...{ ...context, ...KINDS[name](context, samples) },
      ...{ name, samples, features, real, memory: { decay, meanDecay } },
    });
  return Object.fromEntries(names.map((name) => [name, term(name)]));
}

/** Post-training of the decoder on what is drawn in one step; the encoder stays as it is. */
export async function frechetSphereStage(context: SphereStageContext, features: FeatureNet | null): Promise<Stage> {
  const settings = context.config.frechetStage;
  const real: RealFamily[] = await realFamilies(context.dataset, features, context);
  const parts = firstSteps(context, settings.samples);
  return frechetStage({ ...context, ...parts, features, real, settings, parameters: nn.view(context.net.decode) });
}

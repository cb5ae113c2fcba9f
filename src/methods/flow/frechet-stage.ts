import type { ImageDataset } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { realFamilies } from "../../recipes/frechet/reference.js";
import { frechetStage } from "../../recipes/frechet/stage.js";
import type { Stage } from "../../train/stages.js";
import { drawOnce } from "./network.js";
import type { FlowStageContext } from "./stages.js";

/**
 * Post-training of what is drawn in one step by the Fréchet distance, every class alike, without guidance. Steps beyond the
 * first are not trained, and move as they may.
 */
export async function frechetFlowStage(context: FlowStageContext, features: FeatureNet): Promise<Stage> {
  const { dataset, config, shape, net } = context;
  const { frechetStage: settings, space, autoencoder } = config;
  const { channels, height, width } = dataset;
  const real = await realFamilies(dataset, features, context);
  const labels = Int32Array.from(classesOf(dataset).flatMap((label) => new Array(settings.samples).fill(label)));
  const count = labels.length;
  const state = space === "pixel" ? [channels, height, width] : [autoencoder.latent];
  const random = new Random(config.seed, "frechet");
  const size = state.reduce((a, b) => a * b, count);
  return frechetStage({
    ...context,
    settings,
    features,
    real,
    drawing: {
      specs: { noise: [count, ...state], labels: { shape: [count], dtype: "int32" } },
      next: () => ({ noise: random.normals(size), labels }),
      state: { random },
    },
    generate: ({ noise, labels }) => drawOnce(net, shape, noise, labels),
    parameters: nn.join(net),
  });
}

/** Classes that have images, in their order; of data without classes the one that stands for none. */
const classesOf = ({ train: { labels }, classNames }: ImageDataset): number[] =>
  labels && classNames ? [...new Set(labels)].sort((a, b) => a - b) : [0];

import { type ImageDataset, IndexStream, toFloat } from "../../data/index.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import type { Latents } from "../../recipes/autoencoder.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import type { FlowNetwork } from "./network.js";
import { objectiveOf } from "./objectives/index.js";
import type { FlowSettings } from "./settings.js";
import type { FlowShape } from "./shape.js";

export interface FlowStageContext extends TrainingCompute {
  dataset: ImageDataset;
  config: FlowSettings;
  shape: FlowShape;
  net: FlowNetwork;
  sample?: Stage["sample"];
}

/** Trains the field by its objective, on pixels or (given) standardised latent vectors. */
export function flowStage(context: FlowStageContext, latents: Latents | null): Stage {
  const { dataset, config, net, sample } = context;
  const { train, channels, height, width, classNames } = dataset;
  const { batch, steps, labelDropout } = config.flow;
  const objective = objectiveOf(config.objective);
  const size = latents ? [config.autoencoder.latent] : [channels, height, width];
  const none = classNames?.length ?? 0;
  if (latents && net.toImages) {
    net.toImages.scale.value!.set(latents.deviation);
    net.toImages.shift.value!.set(latents.mean);
  }
  const random = new Random(config.seed, "flow");
  const stream = new IndexStream(train.count, random.split("order"));
  return gradientStage({
    name: "flow",
    batch,
    parameters: nn.view(net.velocity),
    ...generatorTraining(config.flow),
    phases: [
      phase({
        inputs: {
          data: [batch, ...size],
          noise: [batch, ...size],
          labels: { shape: [batch], dtype: "int32" },
          ...objective.inputs(batch, config.objective),
        },
        loss: (inputs) => objective.loss(net.velocity, inputs),
        split: objective.split?.(batch),
        next(k) {
          const indices = stream.next(batch);
          const data = latents ? latents.rows(indices) : toFloat(train, indices);
          const noise = random.normals(data.length);
          const times = objective.next(random, batch, k / steps, config.objective);
          const labels = Int32Array.from(indices, (i) =>
            train.labels && random.uniform() >= labelDropout ? train.labels[i] : none,
          );
          return { data, noise, labels, ...times };
        },
      }),
    ],
    state: { random, stream },
    sample,
    ...trainingCompute(context),
  });
}

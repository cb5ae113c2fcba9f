import { augment } from "../../data/augment.js";
import { IndexStream } from "../../data/batches.js";
import { type ImageDataset, toFloat } from "../../data/index.js";
import { WrongUse } from "../../io/wrong-use.js";
import { trainableShape } from "../../models/architecture.js";
import { crossEntropy } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import * as optim from "../../optim/index.js";
import { Random } from "../../random/index.js";
import { trainModel } from "../../recipes/training.js";
import { computeOf } from "../../runtime/index.js";
import { gradientStage, phase, type TrainOptions, trainingCompute } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { ClassifierModel } from "./model.js";
import { classifierArchitecture, evaluationClassifier } from "./network.js";
import { type ClassifierSettings, classifierSettings } from "./settings.js";

/** Trains an evaluation classifier and writes it, with its test accuracy, into the run's `model/`. */
export async function trainClassifier(dataset: ImageDataset, settings: ClassifierSettings, options: TrainOptions) {
  const config = parseSettings(classifierSettings, settings);
  const { train, test, channels, height, width, classNames } = dataset;
  if (!train.labels || !classNames)
    throw new WrongUse(`The data "${dataset.id}" has no labels; a classifier needs class subfolders or a labels file.`);
  if (classNames.length < 2)
    throw new WrongUse(
      `The data "${dataset.id}" has one class, "${classNames[0]}": a classifier needs two to tell apart.`,
    );
  const labels = train.labels;
  const { batch, steps, lr, seed } = config;
  const network = trainableShape(classifierArchitecture, {
    height,
    width,
    channels,
    classes: classNames.length,
    widths: config.widths,
    features: config.features,
  });
  const net = evaluationClassifier(network);
  const parameters = nn.initialize(net, seed);
  const random = new Random(seed, "classifier");
  const stream = new IndexStream(train.count, random.split("order"));
  const stage = gradientStage({
    name: "classifier",
    steps,
    batch,
    parameters,
    optimizer: {
      lr: optim.cosine({ peak: lr, warmup: Math.min(100, steps >> 2), steps }),
      weightDecay: config.weightDecay,
      clip: 2,
    },
    emaDecay: 0.995,
    phases: [
      phase({
        inputs: { images: [batch, channels, height, width], labels: { shape: [batch], dtype: "int32" } },
        loss: ({ images, labels }) => crossEntropy(net(images).logits, labels, config.smoothing),
        split: { rows: batch },
        next() {
          const indices = stream.next(batch);
          const shape = [batch, channels, height, width] as const;
          return {
            images: augment(toFloat(train, indices), shape, config.augmentation, random),
            labels: Int32Array.from(indices, (i) => labels[i]),
          };
        },
      }),
    ],
    state: { random, stream },
    ...trainingCompute(options),
  });
  const recipe = { method: "classifier", dataset, options, settings: config, shape: network, net };
  return trainModel(recipe, [stage], undefined, async (files) => {
    if (!test.labels) return void (files.config.training.testAccuracy = null);
    const model = new ClassifierModel(files, computeOf(options));
    files.config.training.testAccuracy = await model.accuracy(test);
    await model.release();
  });
}

import { IndexStream, type TextDataset } from "../../data/index.js";
import { gather } from "../../data/tokens/sequences.js";
import { trainableShape } from "../../models/architecture.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { learntText, trainModel } from "../../recipes/training.js";
import { gradientStage, phase, type TrainOptions, trainingCompute } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { languageModel, languageModelArchitecture, shifted, tokenNats } from "./network.js";
import { type LanguageModelSettings, languageModelSettings } from "./settings.js";

/**
 * Trains an autoregressive judge on the part of a text that is kept for judges: no generator learns from it, and the
 * judge learns from no generator's samples.
 */
export async function trainLanguageModel(dataset: TextDataset, settings: LanguageModelSettings, options: TrainOptions) {
  const config = parseSettings(languageModelSettings, settings);
  const { tokens, length, width, heads, blocks, batch, steps, lr, seed } = config;
  const data = await learntText(dataset, { tokens, length }, options);
  const { tokenizer, vocabulary, judge } = data;
  const shape = trainableShape(languageModelArchitecture, { vocabulary, length, width, heads, blocks });
  const net = languageModel(shape);
  const parameters = nn.initialize(net, new Random(seed, "language-model").uint32());
  const ids = { shape: [batch, length], dtype: "int32" as const };
  const random = new Random(seed, "language-model");
  const stream = new IndexStream(judge.count, random.split("order"));
  const stage = gradientStage({
    name: "language-model",
    batch,
    parameters,
    ...generatorTraining({ lr, steps, emaDecay: 0.995 }, { clip: 1 }),
    phases: [
      phase({
        inputs: { before: ids, tokens: ids },
        loss: ({ before, tokens }) => tokenNats(net(before), tokens).mean(),
        split: { rows: batch },
        next() {
          const tokens = gather(judge, stream.next(batch));
          return { before: shifted(tokens, length, vocabulary), tokens };
        },
      }),
    ],
    state: { random, stream },
    ...trainingCompute(options),
  });
  return trainModel(
    { method: "language-model", dataset, options, settings: config, shape, net, tokenizer, notes: data.notes },
    [stage],
  );
}

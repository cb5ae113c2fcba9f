import { cp, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { create } from "tar";
import { expect, test } from "vitest";
import { decodeCifar } from "../../src/data/cifar.js";
import { decodeIdx } from "../../src/data/idx.js";
import { resolveDataset, toFloat } from "../../src/data/index.js";
import { centreDrawing } from "../../src/data/sources/quickdraw.js";
import { readTarball } from "../../src/data/tarball.js";

const fixture = fileURLToPath(new URL("../fixtures/fashion-mnist", import.meta.url));
const folder = () => mkdtemp(join(tmpdir(), "formats-"));
const idx = (shape: number[], data: ArrayLike<number>) => {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((length, i) => {
    new DataView(bytes.buffer).setUint32(4 + 4 * i, length);
  });
  bytes.set(Uint8Array.from(data), 4 + 4 * shape.length);
  return bytes;
};

test("the Fashion-MNIST fixture: counts, classes and pixel means as NumPy reads them", async () => {
  const { train, test: held, ...rest } = await resolveDataset(fixture);
  expect(rest).toMatchObject({ id: "fashion-mnist", kind: "images", height: 28, width: 28, channels: 1 });
  expect([train.count, held.count]).toEqual([200, 80]);
  const mean = (pixels: Uint8Array) => pixels.reduce((a, b) => a + b) / pixels.length;
  expect(mean(train.pixels)).toBeCloseTo(74.28748086734694, 9);
  expect(mean(held.pixels)).toBeCloseTo(72.02468112244898, 9);
  expect([...train.labels!.subarray(0, 10)]).toEqual([9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
  for (let c = 0; c < 10; c++) expect(train.labels!.filter((label) => label === c).length).toBe(20);
  expect(rest.classNames).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  expect(toFloat(train, [0, 1]).length).toBe(2 * 784);
});

test("IDX files: plain or gzipped, without labels, without a test part", async () => {
  const root = await folder();
  const images = idx(
    [20, 2, 3],
    Array.from({ length: 120 }, (_, i) => i),
  );
  await writeFile(join(root, "train-images-idx3-ubyte"), images);
  const dataset = await resolveDataset(root);
  expect(dataset).toMatchObject({ height: 2, width: 3, channels: 1, classNames: null });
  expect([dataset.train.count, dataset.test.count]).toEqual([18, 2]);
  const firsts = [dataset.train, dataset.test].flatMap(({ pixels, count }) =>
    Array.from({ length: count }, (_, i) => pixels[6 * i] / 6),
  );
  expect(firsts.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(await resolveDataset(root)).toEqual(dataset);
  await writeFile(join(root, "train-labels-idx1-ubyte.gz"), gzipSync(idx([20], new Array(20).fill(3))));
  expect((await resolveDataset(root)).classNames).toEqual(["0", "1", "2", "3"]);
  await writeFile(join(root, "train-labels-idx1-ubyte.gz"), gzipSync(idx([19], new Array(19).fill(3))));
  await expect(resolveDataset(root)).rejects.toThrow(/20 images but labels of shape \[19\]/);
});

test("broken IDX files say what is wrong", async () => {
  const good = idx([2, 2], [1, 2, 3, 4]);
  expect(() => decodeIdx(good.subarray(0, good.length - 1), "x-ubyte")).toThrow(
    /x-ubyte: shape \[2,2\] needs 4 bytes, but 3/,
  );
  expect(() => decodeIdx(good.subarray(0, 6))).toThrow(/cut off/);
  for (const [first, second] of [
    [1, 2],
    [0, 1],
    [1, 0],
    [0x1f, 2], // gzip's is 1f 8b
    [2, 0x8b],
  ])
    expect(() => decodeIdx(Uint8Array.of(first, second, 8, 0, 1))).toThrow(/no IDX file/);
  expect(() => decodeIdx(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0))).toThrow(/type 0xd/);
  const zipped = await readFile(join(fixture, "train-images-idx3-ubyte.gz"));
  expect(() => decodeIdx(zipped.subarray(0, 5000), "half.gz")).toThrow(/half\.gz could not be unzipped/);
  const root = await folder();
  await cp(fixture, root, { recursive: true });
  await writeFile(join(root, "t10k-images-idx3-ubyte.gz"), gzipSync(idx([80, 27, 28], new Uint8Array(80 * 27 * 28))));
  await expect(resolveDataset(root)).rejects.toThrow(/differ in size/);
});

const record = (label: number[], red: number, green: number, blue: number) => [
  ...label,
  ...new Array(1024).fill(red),
  ...new Array(1024).fill(green),
  ...new Array(1024).fill(blue),
];

test("CIFAR-10 binary: batches in order, planes to pixels, class names", async () => {
  const root = await folder();
  await writeFile(join(root, "data_batch_2.bin"), Uint8Array.from(record([1], 4, 5, 6)));
  await writeFile(join(root, "data_batch_1.bin"), Uint8Array.from([...record([0], 1, 2, 3), ...record([1], 7, 8, 9)]));
  await writeFile(join(root, "test_batch.bin"), Uint8Array.from(record([0], 10, 20, 30)));
  await writeFile(join(root, "batches.meta.txt"), "cat\ndog\n\n");
  const dataset = await resolveDataset(root);
  expect(dataset).toMatchObject({ height: 32, width: 32, channels: 3, classNames: ["cat", "dog"] });
  expect([...dataset.train.labels!]).toEqual([0, 1, 1]);
  const pixel = (n: number) => [...dataset.train.pixels.subarray(n * 3072, n * 3072 + 3)];
  expect([pixel(0), pixel(1), pixel(2)]).toEqual([
    [1, 2, 3],
    [7, 8, 9],
    [4, 5, 6],
  ]);
  const floats = toFloat(dataset.test, [0]);
  expect([floats[0], floats[1023], floats[1024], floats[3071]]).toEqual(
    [10, 10, 20, 30].map((v) => Math.fround(v / 127.5 - 1)),
  );
});

test("CIFAR-100 takes the fine label; a cut file is refused", async () => {
  const root = await folder();
  await writeFile(
    join(root, "train.bin"),
    Uint8Array.from([...record([19, 11], 1, 2, 3), ...record([3, 42], 1, 2, 3)]),
  );
  await writeFile(join(root, "test.bin"), Uint8Array.from(record([2, 99], 1, 2, 3)));
  const dataset = await resolveDataset(root);
  expect([...dataset.train.labels!, ...dataset.test.labels!]).toEqual([11, 42, 99]);
  expect(dataset.classNames?.length).toBe(100);
  expect(() => decodeCifar(new Uint8Array(3072), 1, "cut.bin")).toThrow(/cut\.bin: 3072 bytes/);
});

test("Quick, Draw! drawings are moved to the middle by whole pixels", () => {
  const values = new Array(784).fill(0);
  values[0] = 0.5;
  values[3 * 28 + 9] = 1;
  const out = centreDrawing(values);
  const inked = [...out.entries()].filter(([, v]) => v > 0).map(([i, v]) => [Math.floor(i / 28), i % 28, v]);
  expect(inked).toEqual([
    [12, 9, 128],
    [15, 18, 255],
  ]);
  expect(centreDrawing(new Array(784).fill(0))).toEqual(new Uint8Array(784));
  expect(() => centreDrawing([1])).toThrow(/784 numbers, got 1/);
});

test("a tarball gives the wanted members and names a missing one", async () => {
  const root = await folder();
  await mkdir(join(root, "package", "data"), { recursive: true });
  await writeFile(join(root, "package", "data", "a.txt"), "alpha");
  await writeFile(join(root, "package", "b.txt"), "x".repeat(100_000));
  const file = join(root, "p.tgz");
  await create({ file, gzip: true, cwd: root }, ["package"]);
  const members = await readTarball(file, (name) => name === "data/a.txt");
  expect([...members].map(([name, content]) => [name, content.toString()])).toEqual([["data/a.txt", "alpha"]]);
  await expect(readTarball(file, () => true, ["c.txt"])).rejects.toThrow(/p\.tgz lacks c\.txt/);
  await writeFile(file, (await readFile(file)).subarray(0, 150));
  await expect(readTarball(file, () => true)).rejects.toThrow();
});

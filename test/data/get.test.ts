import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { cacheFolder } from "../../src/data/cache.js";
import { contentHash, imageShelf } from "../../src/data/cached-images.js";
import { getDataset, getPinned } from "../../src/data/get.js";
import { readIdxFolder } from "../../src/data/idx.js";
import { type ImageDataset, listDatasets, resolveDataset } from "../../src/data/index.js";
import { manifest } from "../../src/data/manifest.js";
import { withSplit } from "../../src/data/parts.js";
import type { PinnedDataset, Source } from "../../src/data/sources/source.js";
import { texts } from "../../src/data/sources/texts.js";

const fixture = fileURLToPath(new URL("../fixtures/fashion-mnist", import.meta.url));
const parts = await readIdxFolder(fixture);
const temporary = () => mkdtemp(join(tmpdir(), "cache-"));
afterEach(() => void vi.unstubAllEnvs());

/** What two equal data sets have in common, small enough to print. */
const summary = ({ train, test: held, ...rest }: ImageDataset) => ({
  ...rest,
  counts: [train.count, held.count],
  hash: contentHash({ train, test: held }),
});

const source = (name: string, load: Source["load"] = async () => readIdxFolder(fixture)) => {
  const calls: string[] = [];
  const counted: Source["load"] = (context) => {
    calls.push(context.folder);
    return load(context);
  };
  return { name, calls, load: counted };
};
const pinned = (sources: Source[], sha256 = contentHash(parts)): PinnedDataset => ({
  title: "fixture",
  height: 28,
  width: 28,
  channels: 1,
  classes: 10,
  train: 200,
  test: 80,
  bytes: 121_801,
  licence: "MIT",
  attribution: "© Zalando SE",
  sha256,
  sources,
});

test("a data set is fetched once, cached as one file with meta.json, and read back the same", async () => {
  const cache = await temporary();
  const only = source("only");
  const first = await getPinned("f", pinned([only]), { cache });
  expect(first).toMatchObject({ id: "f", kind: "images", licence: "MIT", attribution: "© Zalando SE", channels: 1 });
  expect((await readdir(join(cache, "f"))).sort()).toEqual(["data.bin", "meta.json"]);
  expect((await readFile(join(cache, "f", "data.bin"))).length).toBe(280 * (784 + 2));
  const again = await getPinned("f", pinned([only]), { cache });
  expect(summary(again)).toEqual(summary(first));
  expect(first.train.pixels.constructor).toBe(Uint8Array);
  expect(again.train.labels!.slice(0, 4)).toEqual(Uint16Array.of(9, 0, 0, 3));
  expect(only.calls.length).toBe(1);
  await getPinned("f", pinned([only]), { cache, force: true });
  expect(only.calls.length).toBe(2);
  expect((await readdir(cache)).filter((name) => name !== "downloads")).toEqual(["f"]);
});

test("sources are tried in turn; if all fail, each reason is said", async () => {
  const cache = await temporary();
  const failing = source("the first", async () => {
    throw new Error("is away");
  });
  const dataset = await getPinned("f", pinned([failing, source("the second")]), { cache });
  expect(dataset.train.count).toBe(200);
  const none = getPinned("g", pinned([failing, failing]), { cache });
  await expect(none).rejects.toThrow("could not be fetched.\n- the first: is away\n- the first: is away");
});

test("content with another hash is not taken over and the cached copy stays", async () => {
  const cache = await temporary();
  const before = await getPinned("f", pinned([source("good")]), { cache });
  const exchanged = source("exchanged", async () => {
    const other = await readIdxFolder(fixture);
    other.train.pixels = Uint8Array.from(other.train.pixels, (v, i) => (i === 5000 ? v ^ 1 : v));
    return other;
  });
  const attempt = getPinned("f", pinned([exchanged]), { cache, force: true });
  await expect(attempt).rejects.toThrow(/cache is untouched.*exchanged: its content has SHA-256/s);
  expect(summary(await getPinned("f", pinned([]), { cache }))).toEqual(summary(before));
});

test("content whose size or number is not what the manifest says is not taken over", async () => {
  const cache = await temporary();
  for (const wrong of [
    { train: 201 },
    { test: 79 },
    { height: 14, width: 56 },
    { channels: 3 as const },
    { classes: 9 },
  ])
    await expect(getPinned("f", { ...pinned([source("good")]), ...wrong }, { cache })).rejects.toThrow(
      / instead of \d+; it was not kept/,
    );
  expect(await readdir(cache)).toEqual([]);
});

test("an abort stops at once and leaves no data set", async () => {
  const cache = await temporary();
  const controller = new AbortController();
  const stopping = source("stopping", async () => {
    controller.abort();
    throw new Error("stopped");
  });
  const second = source("second");
  await expect(getPinned("f", pinned([stopping, second]), { cache, signal: controller.signal })).rejects.toThrow(
    /abort/i,
  );
  expect(second.calls).toEqual([]);
  expect(await readdir(cache)).toEqual([]);
});

/** Edits a cached file: the text of meta.json, or the bytes of data.bin. */
const edits: [what: string, file: string, edit: (bytes: Buffer) => Buffer | string, message: RegExp][] = [
  ["cut off", "data.bin", (bytes) => bytes.subarray(0, 1000), /data\.bin is damaged: 1000 bytes instead of 220080\./],
  [
    "with a flipped bit",
    "data.bin",
    flip(70_000),
    /data\.bin is damaged: its content has SHA-256 [0-9a-f]{64} instead/,
  ],
  ["with a flipped bit of a label", "data.bin", flip(220_079), /data\.bin is damaged: its content has SHA-256/],
  [
    "empty",
    "meta.json",
    () => "",
    /meta\.json is damaged: Unexpected end of JSON input\. Get the data set again by force/,
  ],
  ["no object", "meta.json", () => "null", /meta\.json is damaged: .*expected object, received null/],
  [
    "without a field",
    "meta.json",
    (text) => `${text}`.replace(/"height".*\n/, ""),
    /meta\.json is damaged: .*at height/s,
  ],
  ["with a strange field", "meta.json", (text) => `${text}`.replace('"digest"', '"dihest"'), /meta\.json is .*dihest/s],
  [
    "of a later version",
    "meta.json",
    (text) => `${text}`.replace('"format": 1', '"format": 2'),
    /meta\.json is .*at format/s,
  ],
  ["with a class renamed", "meta.json", (text) => `${text}`.replace('"3"', '"4"'), /fields do not match their digest/],
  [
    "of other content",
    "meta.json",
    meta({ sha256: "0".repeat(64) }),
    /content with SHA-256 0{64}; this version .* needs/,
  ],
  [
    "with sides that do not fit",
    "meta.json",
    meta({ height: 14, width: 56 }),
    /meta\.json .* height is 14 instead of 28/,
  ],
  ["with splits that do not fit", "meta.json", meta({ train: 199, test: 81 }), /train is 199 instead of 200/],
  ["with too few classes", "meta.json", meta({ classNames: ["a", "b"] }), /names 2 classes instead of 10/],
];

function flip(at: number) {
  return (bytes: Buffer) => bytes.fill(bytes[at] ^ 4, at, at + 1);
}

/** As caches of the first version are: without a digest, so that only what the manifest says can be compared. */
function meta(changes: object) {
  return (text: Buffer) => JSON.stringify({ ...JSON.parse(`${text}`), ...changes, digest: undefined });
}

test.each(edits)(
  "a cached file %s (%s) is said to be damaged, and force replaces it",
  async (_, file, edit, message) => {
    const cache = await temporary();
    const first = await getPinned("f", pinned([source("good")]), { cache });
    const path = join(cache, "f", file);
    await writeFile(path, edit(await readFile(path)));
    await expect(getPinned("f", pinned([source("good")]), { cache })).rejects.toThrow(message);
    await expect(getPinned("f", pinned([]), { cache })).rejects.toThrow("fewstep data get <id> --force");
    await getPinned("f", pinned([source("good")]), { cache, force: true });
    expect(summary(await getPinned("f", pinned([]), { cache }))).toEqual(summary(first));
  },
);

test("caches of the first version, without a digest, are read; data.bin missing is said", async () => {
  const cache = await temporary();
  const first = await getPinned("f", pinned([source("good")]), { cache });
  const path = join(cache, "f", "meta.json");
  await writeFile(path, meta({})(await readFile(path)));
  expect(summary(await getPinned("f", pinned([]), { cache }))).toEqual(summary(first));
  await rm(join(cache, "f", "data.bin"));
  await expect(getPinned("f", pinned([]), { cache })).rejects.toThrow(/data\.bin is damaged: ENOENT/);
});

test("a label beyond the classes is refused wherever it comes from", async () => {
  const cache = await temporary();
  const wrong = { ...(await readIdxFolder(fixture)), classNames: ["a", "b"] };
  const pin = { ...pinned([source("wrong", async () => wrong)]), classes: 2 };
  const label = "train image 0 has label 9, but there are 2 classes (labels 0 to 1)";
  await expect(getPinned("f", pin, { cache })).rejects.toThrow(label);
  await imageShelf.write(cache, imageShelf.describe(wrong, { ...pin, id: "f" }), join(cache, "work"));
  await expect(getPinned("f", pin, { cache })).rejects.toThrow(`data.bin: ${label}`);
  const part = { height: 1, width: 1, channels: 1 as const, count: 2, pixels: new Uint8Array(2) };
  const two = { train: { ...part, labels: Uint16Array.of(0, 1) }, test: { ...part, labels: Uint16Array.of(1, 2) } };
  expect(() => withSplit(two, "my folder", ["a", "b"])).toThrow("my folder: test image 1 has label 2, but there are 2");
  expect(withSplit(two, "my folder", ["a", "b", "c"]).classNames).toEqual(["a", "b", "c"]);
});

test("what another process finished meanwhile is taken, except by force", async () => {
  const cache = await temporary();
  const slow = source("slow", async () => {
    await getPinned("f", pinned([source("quick")]), { cache });
    throw new Error("is away");
  });
  expect((await getPinned("f", pinned([slow]), { cache })).train.count).toBe(200);
  await expect(getPinned("f", pinned([slow]), { cache, force: true })).rejects.toThrow(/slow: is away/);
});

test("the cache folder follows FEWSTEP_CACHE, then XDG_CACHE_HOME, then the home", () => {
  vi.stubEnv("FEWSTEP_CACHE", "/a");
  vi.stubEnv("XDG_CACHE_HOME", "/b");
  expect(cacheFolder()).toBe("/a");
  vi.stubEnv("FEWSTEP_CACHE", "");
  expect(cacheFolder()).toBe(join("/b", "fewstep"));
  vi.stubEnv("XDG_CACHE_HOME", "");
  expect(cacheFolder()).toBe(join(homedir(), ".cache", "fewstep"));
});

test("the manifest is complete, and its pins have the form of pins", async () => {
  expect(Object.keys(manifest)).toEqual([
    "fashion-mnist",
    "mnist",
    "cifar10",
    "emoji-32",
    "emoji-64",
    "quickdraw",
    "sprites",
  ]);
  for (const { sha256, sources, licence, attribution, train, test: held } of Object.values(manifest)) {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(sources.length).toBeGreaterThan(0);
    expect(licence && attribution).toBeTruthy();
    expect(train).toBeGreaterThan(held);
  }
  const cache = await temporary();
  const listed = await listDatasets(cache);
  expect(listed.map(({ id }) => id)).toEqual([
    ...Object.keys(manifest),
    ...Object.keys(texts),
    "accad-female1",
    "locomotion",
    "conversations",
    "scenes",
  ]);
  expect(listed.filter(({ cached }) => cached).map(({ id }) => id)).toEqual(["locomotion", "conversations", "scenes"]);
  expect(listed[0]).toMatchObject({
    id: "fashion-mnist",
    classes: 10,
    content: "60000 + 10000 images of 28×28×1",
    licence: "MIT",
  });
  await expect(getDataset("imagenet", { cache })).rejects.toThrow(/"imagenet"; known are fashion-mnist/);
});

test("a name reads from the cache without any network", async () => {
  const cache = await temporary();
  const known = manifest.mnist;
  try {
    manifest.mnist = pinned([source("good")]);
    await getDataset("mnist", { cache });
    manifest.mnist = pinned([]);
    expect((await resolveDataset("mnist", { cache })).train.count).toBe(200);
  } finally {
    manifest.mnist = known;
  }
  await expect(resolveDataset("mnist", { cache })).rejects.toThrow(/content with SHA-256 .* this version of fewstep/);
});

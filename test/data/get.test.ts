import { mkdtemp, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { cacheFolder, contentHash } from "../../src/data/cache.js";
import { getDataset, getPinned } from "../../src/data/get.js";
import { readIdxFolder } from "../../src/data/idx.js";
import { type ImageDataset, listDatasets, resolveDataset } from "../../src/data/index.js";
import { manifest } from "../../src/data/manifest.js";
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

test("a damaged cache is noticed", async () => {
  const cache = await temporary();
  await getPinned("f", pinned([source("good")]), { cache });
  await truncate(join(cache, "f", "data.bin"), 1000);
  await expect(getPinned("f", pinned([]), { cache })).rejects.toThrow(
    /damaged \(1000 bytes instead of 220080\).*Remove/,
  );
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
  expect(Object.keys(manifest)).toEqual(["fashion-mnist", "mnist", "cifar10", "emoji-32", "emoji-64", "quickdraw"]);
  for (const { sha256, sources, licence, attribution, train, test: held } of Object.values(manifest)) {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(sources.length).toBeGreaterThan(0);
    expect(licence && attribution).toBeTruthy();
    expect(train).toBeGreaterThan(held);
  }
  const cache = await temporary();
  const listed = await listDatasets(cache);
  expect(listed.map(({ id }) => id)).toEqual([...Object.keys(manifest), ...Object.keys(texts)]);
  expect(listed.some(({ cached }) => cached)).toBe(false);
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
  await getPinned("mnist", pinned([source("good")]), { cache });
  expect((await resolveDataset("mnist", { cache })).train.count).toBe(200);
  await writeFile(join(cache, "mnist", "meta.json"), "{");
  await expect(resolveDataset("mnist", { cache })).rejects.toThrow();
});

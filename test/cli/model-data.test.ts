import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataOf, readingOf, requireTrainedOn } from "../../src/cli/model-data.js";
import { resolveDataset } from "../../src/data/index.js";
import { savePng } from "../../src/io/index.js";
import type { ModelConfig } from "../../src/models/files.js";
import { makeFolder, several } from "../data/fixtures/folders.js";

const model = (training: Record<string, unknown>): ModelConfig => ({
  format: 1,
  method: "drifting",
  name: "mine",
  classNames: null,
  network: {},
  training,
});

test("a model is measured against what it was trained on, as that was read, or what is asked for", async () => {
  const path = await makeFolder(several("a", 6));
  expect(await dataOf(model({ data: path }))).toBe(path);
  expect(await dataOf(model({ data: path }), "mnist")).toBe("mnist");
  await expect(dataOf(model({ data: join(path, "gone") }))).rejects.toThrow(
    /not at .*gone any more; say where with --data/,
  );
  expect(await dataOf(model({ data: "mnist" }))).toBe("mnist");
  await expect(dataOf(model({ data: "ImageNet" }))).rejects.toThrow(
    /mine was trained on "ImageNet", .* where it is with --data/,
  );
  await expect(dataOf(model({}))).rejects.toThrow(/does not say what it was trained on; give the images with --data/);
  await expect(dataOf({ ...model({}), motion: { fps: 20 } })).rejects.toThrow("give the motions with --data");
  expect(readingOf(model({ reading: { size: 16, background: "black", skipBroken: true } }))).toEqual({
    background: "black",
    skipBroken: true,
  });
  expect(readingOf(model({}))).toEqual({});
});

test("what it was trained on must be as it was, unless it is asked for", async () => {
  const path = await makeFolder(several("a", 6));
  const before = (await resolveDataset(path)).report!;
  const run = await makeFolder({ "data.json": JSON.stringify(before) });
  const config = model({ data: path, dataSha256: before.sha256 });
  await requireTrainedOn(config, run, { report: before });
  await savePng(join(path, "a", "00.png"), new Uint8Array(64).fill(77), 8, 8, 1);
  const { report } = await resolveDataset(path);
  await expect(requireTrainedOn(config, run, { report })).rejects.toThrow(
    /trained on: 1 changed \(a\/00\.png\)\. Give --data/,
  );
  await requireTrainedOn(config, run, { report, asked: path });
  await requireTrainedOn(model({ data: path }), run, { report }); // of an earlier version
  await writeFile(join(run, "data.json"), "{");
  await expect(requireTrainedOn(config, run, { report })).rejects.toThrow(/data\.json/);
});

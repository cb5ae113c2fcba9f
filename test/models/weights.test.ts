import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { loadModel } from "../../src/methods/load.js";
import { type Weights, writeModel } from "../../src/models/files.js";
import { createGenerator } from "../../src/web/create.js";
import { untrainedFiles, untrainedShape } from "../methods/sphere/untrained.js";

const folder = mkdtempSync(join(tmpdir(), "weights-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [config, weights] = ["config.json", "model.safetensors"].map((file) => join(folder, file));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const described = () => JSON.parse(readFileSync(config, "utf8"));
const files = untrainedFiles(untrainedShape(2, 16));

/** Changes a byte of the last tensor, and nothing else. */
function damage(): void {
  const bytes = readFileSync(weights);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(weights, bytes);
}

beforeEach(() => writeModel(folder, files));

test("a model's config.json has the checksum of its weights, however they are stored", async () => {
  expect(described().sha256).toBe(sha256(readFileSync(weights)));
  await writeModel(folder, { ...files, config: { ...files.config, sha256: "0".repeat(64) } }, { dtype: "int8" });
  expect(described().sha256).toBe(sha256(readFileSync(weights)));
  await (await loadModel(folder)).release();
});

test("weights of which a byte has changed are refused with what to do, from a folder and as blobs", async () => {
  damage();
  const message = /model\.safetensors: The file is not the one that config\.json was written with.*Copy or fetch/;
  await expect(loadModel(folder)).rejects.toThrow(message);
  const blobs = {
    "config.json": new Blob([readFileSync(config)]),
    "model.safetensors": new Blob([readFileSync(weights)]),
  };
  await expect(createGenerator(blobs)).rejects.toThrow(message);
});

test("a model from before there were checksums is loaded as it is", async () => {
  const { sha256: _, ...old } = described();
  writeFileSync(config, JSON.stringify(old));
  damage();
  await (await loadModel(folder)).release();
});

test("a checksum that is none is refused", async () => {
  writeFileSync(config, JSON.stringify({ ...described(), sha256: "abc" }));
  await expect(loadModel(folder)).rejects.toThrow(/config\.json describes no model.*sha256/);
});

test.each([Number.NaN, Number.NEGATIVE_INFINITY])(
  "weights that hold %s are refused, and the tensor is named",
  async (value) => {
    const name = Object.keys(files.weights)[1];
    const broken: Weights = structuredClone(files.weights);
    broken[name].data.set([value, value], broken[name].data.length - 2);
    await writeModel(folder, { ...files, weights: broken });
    await expect(loadModel(folder)).rejects.toThrow(
      `not finite: 2 of the ${broken[name].data.length} of the tensor "${name}", the first ${value}. Nothing can be drawn`,
    );
  },
);

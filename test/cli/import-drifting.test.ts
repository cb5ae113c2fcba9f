import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { importCommand } from "../../src/cli/import.js";
import { loadFlaxMsgpack } from "../../src/io/flax-msgpack.js";
import { loadSafetensors, saveSafetensors } from "../../src/io/safetensors-file.js";
import { isWrongUse } from "../../src/io/wrong-use.js";
import type { Images } from "../../src/media/images.js";
import { loadModel } from "../../src/methods/load.js";
import type { Weights } from "../../src/models/architecture.js";
import { config, furthest, golden, inOurOrder } from "../methods/drifting/official.js";

const root = mkdtempSync(join(tmpdir(), "import-drifting-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const { tensors } = await loadSafetensors(`${golden}/pixels-values.safetensors`);
const described = { format: "flax.msgpack", kind: "gen", backend: "jax", model_config: config };

function folderOf(name: string, metadata: object | null, weights = `${golden}/pixels.msgpack`): string {
  const folder = join(root, name);
  mkdirSync(folder);
  cpSync(weights, join(folder, `ema_params${weights.slice(weights.lastIndexOf("."))}`));
  if (metadata) writeFileSync(join(folder, "metadata.json"), JSON.stringify(metadata));
  return folder;
}

test("a generator's weights become a model that draws, drifts pictures and says whose it is", async () => {
  const out = join(root, "models/drifting");
  const written = vi.spyOn(process.stderr, "write");
  await importCommand("drifting", { from: folderOf("published", described), out });
  const said = written.mock.calls.map(([text]) => String(text)).join("");
  written.mockRestore();
  expect(said).toContain("Licence: none stated, neither beside these weights nor for Drifting's code");
  expect(said).toContain("It draws images of 8×8 in one step");
  const model = await loadModel(out, { kind: "image", device: "cpu", threads: 1 });
  try {
    expect(model.classNames).toEqual(["class 0", "class 1", "class 2", "class 3", "class 4"]);
    expect(model.config.training.attribution).toContain("2602.04770");
    expect(model.cost()).toBe(1);
    const { noise, samples } = inOurOrder(tensors);
    const options = { label: "class 4", style: [...(tensors.styles.data as Int32Array).slice(0, 3)] };
    const { pixels } = await model.sample(options, { noise: noise.slice(0, 192) });
    const clipped = samples.slice(0, 192).map((value) => Math.min(1, Math.max(-1, value)));
    expect(furthest(pixels, clipped)).toBeLessThan(1e-4);
    expect(model.parts.generator.inputs.map(({ name, axes }) => [name, axes])).toEqual([
      ["noise", [1, 192]],
      ["label", []],
      ["guidance", []],
      ["style", [1, 3]],
    ]);
    const pictures = await model.sample({ count: 4, guidance: 2 });
    const bytes = Uint8Array.from({ length: 6 * 192 }, (_, i) => (37 * i) % 256);
    const labels = Uint16Array.from({ length: 6 }, (_, i) => i % 5);
    const exemplars = { split: { pixels: bytes, labels, count: 6 }, classNames: model.classNames };
    const drifted = (await model.edits!.refine.run({ pictures, exemplars }, { steps: 2 })) as Images;
    expect(drifted.count).toBe(4);
    expect(furthest(drifted.pixels, pictures.pixels)).toBeGreaterThan(1e-3);
  } finally {
    await model.release();
  }
});

test("safetensors of the same tree, and a tree within params, are the same model", async () => {
  const tree = (await loadFlaxMsgpack(`${golden}/pixels.msgpack`)) as Weights;
  const file = join(root, "tree.safetensors");
  const within = Object.fromEntries(Object.entries(tree).map(([name, tensor]) => [`params.${name}`, tensor]));
  await saveSafetensors(file, within);
  const [a, b] = [join(root, "models/a"), join(root, "models/b")];
  await importCommand("drifting", { from: folderOf("packed", described), out: a, json: true });
  await importCommand("drifting", { from: folderOf("tensors", described, file), out: b, json: true });
  const [first, second] = await Promise.all([a, b].map((out) => loadSafetensors(join(out, "model.safetensors"))));
  expect(second.tensors).toEqual(first.tensors);
});

test("an import is refused, and writes nothing, with another metadata.json or none", async () => {
  const out = join(root, "none");
  const attempt = async (name: string, metadata: object | null, weights?: string): Promise<string> => {
    const error: Error = await importCommand("drifting", { from: folderOf(name, metadata, weights), out }).then(
      () => new Error("It was not refused."),
      (error) => error,
    );
    expect(isWrongUse(error), error.message).toBe(true);
    expect(existsSync(out)).toBe(false);
    return error.message;
  };
  const changed = (changes: object) => ({ model_config: { ...config, ...changes } });
  expect(await attempt("undescribed", null)).toContain("has no metadata.json. It stands beside the published");
  expect(await attempt("encoder", { model_config: { base_channels: 640 } })).toContain(
    "not one of Drifting's generators",
  );
  expect(await attempt("plain", changed({ use_rope: false }))).toContain("use_rope is false; it must be true");
  expect(await attempt("latent", changed({ in_channels: 4 }))).toContain("latents of Stable Diffusion's autoencoder");
  expect(await attempt("other", described, "test/goldens/drifting-official/README.md")).toContain(
    "has no .msgpack or .safetensors files. Put ema_params.msgpack of one of Drifting's generators there",
  );
});

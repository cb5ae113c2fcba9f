import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { importCommand } from "../../src/cli/import.js";
import { loadSafetensors } from "../../src/io/safetensors-file.js";
import { isWrongUse } from "../../src/io/wrong-use.js";
import { Images } from "../../src/media/images.js";
import { loadSphere } from "../../src/methods/sphere/load.js";

const root = mkdtempSync(join(tmpdir(), "import-sphere-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const goldens = join(import.meta.dirname, "../goldens/sphere-official");

const described = {
  dataset_name: "cifar-10",
  noise_sigma_max_angle: 80,
  vit_enc_model_size: "small",
  vit_dec_model_size: "small",
  spherify_model: false,
  in_context_size: 0,
};

function folderOf(name: string, config: object | null): string {
  const folder = join(root, name);
  mkdirSync(folder);
  cpSync(join(goldens, "classes.safetensors"), join(folder, "ep4999.safetensors"));
  if (config) writeFileSync(join(folder, "cfg.json"), JSON.stringify(config));
  return folder;
}

test("a Sphere Encoder's weights become a model that reconstructs, refines and says whose it is", async () => {
  const out = join(root, "models/sphere");
  const written = vi.spyOn(process.stderr, "write");
  await importCommand("sphere", { from: folderOf("published", described), out });
  const said = written.mock.calls.map(([text]) => String(text)).join("");
  written.mockRestore();
  expect(said).toContain("The Sphere Encoder's code is under CC BY-NC 4.0. – not for commercial use");
  expect(said).toContain("2 tensors (decoder.pos_embed, encoder.pos_embed)");
  const model = await loadSphere(out, { device: "cpu", threads: 1 });
  try {
    expect(model.classNames).toEqual(["class 0", "class 1", "class 2"]);
    expect(model.config.training.attribution).toContain("2602.15030");
    const { tensors } = await loadSafetensors(join(goldens, "classes-values.safetensors"));
    const images = new Images(tensors.images.data as Float32Array, 2, 3, 8, 8);
    const { pixels } = await model.reconstruct(images);
    const wanted = tensors.reconstructed.data as Float32Array;
    expect(Math.max(...pixels.map((value, i) => Math.abs(value - wanted[i])))).toBeLessThan(1e-4);
    const drawn = await model.sample({ count: 2, label: "class 1", guidance: 1.2, steps: 4, shareNoise: "official" });
    expect(drawn.pixels.every((value) => value >= -1 && value <= 1)).toBe(true);
  } finally {
    await model.release();
  }
});

test("an import is refused, and writes nothing, with another cfg.json or none", async () => {
  const out = join(root, "none");
  const attempt = async (name: string, config: object | null): Promise<string> => {
    const error: Error = await importCommand("sphere", { from: folderOf(name, config), out }).then(
      () => new Error("It was not refused."),
      (error) => error,
    );
    expect(isWrongUse(error), error.message).toBe(true);
    expect(existsSync(out)).toBe(false);
    return error.message;
  };
  expect(await attempt("undescribed", null)).toContain("has no cfg.json. The official code writes it into the folder");
  expect(await attempt("unequal", { ...described, vit_dec_model_size: "large" })).toContain("must be the encoder's");
  expect(await attempt("spherified", { ...described, spherify_model: true })).toContain("it must be false");
  expect(await attempt("context", { ...described, in_context_size: 32 })).toContain("in_context_size");
  expect(await attempt("large", { ...described, vit_enc_model_size: "huge" })).toContain("vit_enc_model_size");
  expect(await attempt("flat", { ...described, noise_sigma_max_angle: 90 })).toContain("noise_sigma_max_angle");
});

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { importCommand } from "../../src/cli/import.js";
import { loadSafetensors, saveSafetensors } from "../../src/io/safetensors-file.js";
import { isWrongUse } from "../../src/io/wrong-use.js";
import { fromOfficial } from "../../src/methods/discrete/official.js";
import { loadTextModel } from "../../src/methods/load.js";
import type { Weights } from "../../src/models/architecture.js";
import { Random } from "../../src/random/index.js";

const root = mkdtempSync(join(tmpdir(), "import-discrete-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const small = (await loadSafetensors(join(import.meta.dirname, "../goldens/duo/duo.safetensors"))).tensors as Weights;
const random = new Random(4, "import-discrete");

/** The goldens' network with another vocabulary. */
function weightsOf(states: number): Weights {
  const rows = (name: string) => {
    const shape = [states, ...small[name].shape.slice(1)];
    return { shape, data: random.normals(shape.reduce((a, b) => a * b)) };
  };
  const changed = ["vocab_embed.embedding", "output_layer.linear.weight", "output_layer.linear.bias"];
  return { ...small, ...Object.fromEntries(changed.map((name) => [`backbone.${name}`, rows(`backbone.${name}`)])) };
}
const gpt2 = weightsOf(50_258);
const described = { model_type: "DUO", vocab_size: 50_258, model_length: 8, n_heads: 3, causal: false };

async function folderOf(
  name: string,
  tensors: Weights | null,
  config: object | null,
  files: Record<string, string> = {},
) {
  const folder = join(root, name);
  mkdirSync(folder);
  if (tensors) await saveSafetensors(join(folder, "model.safetensors"), tensors, { dtype: "float32" });
  if (config) writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  return folder;
}

describe.each([
  ["duo", described, "uniform", "gpt2-padded", 50_258],
  ["mdlm", { ...described, model_type: "mdlm", time_conditioning: false }, "masked", "gpt2", 50_257],
] as const)("weights of %s", (name, config, process, tokenizer, vocabulary) => {
  const out = join(root, "models", name);

  test("become a model that says whose it is, and writes", async () => {
    await importCommand("discrete", { from: await folderOf(name, gpt2, config), out, json: true });
    const model = await loadTextModel(out, { device: "cpu", threads: 1 });
    try {
      const { weights } = fromOfficial(gpt2, { process, heads: 3, length: 8 });
      const written = (await loadSafetensors(join(out, "model.safetensors"))).tensors;
      expect(Object.keys(written).sort()).toEqual(Object.keys(weights).sort());
      for (const [tensor, { shape, data }] of Object.entries(weights)) {
        expect(written[tensor].shape).toEqual(shape);
        expect(Buffer.compare(Buffer.from(written[tensor].data.buffer), Buffer.from(data.buffer)), tensor).toBe(0);
      }
      expect(model.config.text).toEqual({ tokenizer, lines: false });
      expect(model.config.network).toMatchObject({ process, vocabulary, length: 8 });
      expect(model.config.training.attribution).toContain(name === "duo" ? "2506.10892" : "2406.07524");
      expect(model.config.training.licence).toContain("Apache License 2.0");
      for (const sampler of ["ancestral", "rescale"] as const) {
        const { strings, tokens } = await model.sample({ count: 2, steps: 2, seed: 1, sampler, prompt: "Once" });
        expect(strings.every((text) => text.startsWith("Once"))).toBe(true);
        expect(tokens!.length).toBe(16);
        expect(Math.max(...tokens!)).toBeLessThan(vocabulary);
      }
    } finally {
      await model.release();
    }
  });
});

describe("an import of texts is refused, and writes nothing,", () => {
  const attempt = async (from: string): Promise<string> => {
    const out = join(root, "none");
    const error: Error = await importCommand("discrete", { from, out }).then(
      () => new Error("It was not refused."),
      (error) => error,
    );
    expect(isWrongUse(error), error.message).toBe(true);
    expect(existsSync(out)).toBe(false);
    return error.message;
  };

  test("without a config.json, and with one of another project or another kind", async () => {
    expect(await attempt(await folderOf("undescribed", small, null))).toContain(
      'has no config.json. It stands beside the published weights; for a checkpoint without one write {"model_type": "duo"',
    );
    const refused = async (name: string, config: object) => attempt(await folderOf(name, small, config));
    expect(await refused("bert", { ...described, model_type: "bert" })).toContain("model_type");
    expect(await refused("causal", { ...described, causal: true })).toContain("causal is true; it must be false");
    expect(await refused("timed", { ...described, model_type: "mdlm", time_conditioning: true })).toContain(
      "see the noise level (time_conditioning)",
    );
    expect(await refused("heads", { ...described, n_heads: 5 })).toContain("heads must divide width");
  });

  test("of another vocabulary", async () => {
    expect(await attempt(await folderOf("characters", small, described))).toBe(
      "These weights know 13 tokens beside masks; only GPT-2's are known here, of which duo has 50258.",
    );
  });

  test("of Lightning's checkpoints, with what converts them: averaged weights by the names of the others", async () => {
    const message = await attempt(await folderOf("pickled", null, described, { "last.ckpt": "" }));
    expect(message).toContain("k.startswith('backbone.')");
    expect(message).toContain("e['shadow_params']");
    expect(message).toContain("last.safetensors");
  });
});

test("weights that are no numbers are named, and not written", async () => {
  const { shape, data } = small["backbone.blocks.0.norm1.weight"];
  const broken = { shape, data: data.map((value, i) => (i === 3 ? Number.NaN : value)) };
  const from = await folderOf("infinite", { ...small, "backbone.blocks.0.norm1.weight": broken }, described);
  const out = join(root, "none");
  await expect(importCommand("discrete", { from, out })).rejects.toThrow(
    'of the tensor "backbone.blocks.0.norm1.weight"',
  );
  expect(existsSync(out)).toBe(false);
});

test("a config.json that is damaged is named, which is no wrong use", async () => {
  const from = await folderOf("damaged", small, null, { "config.json": "{" });
  const error: Error = await importCommand("discrete", { from, out: join(root, "none") }).catch((error) => error);
  expect([error.message, isWrongUse(error)]).toEqual([expect.stringContaining("config.json is not JSON"), false]);
});

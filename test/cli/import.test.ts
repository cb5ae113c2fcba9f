import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { importCommand } from "../../src/cli/import.js";
import { statesFrom } from "../../src/cli/states.js";
import { writeNpy } from "../../src/io/npy.js";
import type { TensorRecord } from "../../src/io/safetensors.js";
import { loadSafetensors, saveSafetensors } from "../../src/io/safetensors-file.js";
import { isWrongUse } from "../../src/io/wrong-use.js";
import { loadModel } from "../../src/methods/load.js";
import { motionNetwork } from "../../src/methods/motion/network.js";
import { fromOfficial } from "../../src/methods/motion/official.js";
import type { Weights } from "../../src/models/architecture.js";
import { humanmlClip, positionsOf } from "../../src/motion/index.js";
import * as nn from "../../src/nn/index.js";
import { Random } from "../../src/random/index.js";
import { compile } from "../../src/runtime/index.js";
import { furthest } from "../motion/fixtures.js";
import { command } from "./command.js";

const root = mkdtempSync(join(tmpdir(), "import-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const goldens = join(import.meta.dirname, "../goldens/cmdm");
const official = async (file: string) =>
  (await loadSafetensors(join(goldens, `${file}.safetensors`))).tensors as Weights;
const [vae, dit, denoiser] = await Promise.all(["vae", "dit", "denoiser"].map(official));

const random = new Random(3, "import");
const mean = random.normals(263);
const deviation = random.normals(263).map((value) => 0.5 + Math.abs(value));
const converted = fromOfficial({ ...vae, ...dit }, { mean, deviation });

/** A folder as one makes it of the published files; without those that are null, and with others. */
async function folderOf(name: string, changes: Record<string, string | Record<string, TensorRecord> | null> = {}) {
  const folder = join(root, name);
  mkdirSync(folder);
  for (const file of ["vae.safetensors", "dit.safetensors"]) cpSync(join(goldens, file), join(folder, file));
  writeFileSync(join(folder, "Mean.npy"), writeNpy({ shape: [263], data: mean }));
  writeFileSync(join(folder, "Std.npy"), writeNpy({ shape: [263], data: deviation }));
  for (const [file, content] of Object.entries(changes))
    if (content === null) rmSync(join(folder, file));
    else if (typeof content === "string") writeFileSync(join(folder, file), content);
    else await saveSafetensors(join(folder, file), content);
  return folder;
}

const cmdm = await folderOf("cmdm", { "README.md": "---\nlicense: cc0-1.0\n---\n# CMDM\n" });
const model = join(root, "models/imported");
const fewstep = command(join(root, "cache"), { sources: true });

describe("CMDM's weights, imported by the command line", async () => {
  const imported = await fewstep(["import", "motion", "--from", cmdm, "--out", model, "--json"]);
  const open = () => loadModel(model, { kind: "motion", device: "cpu", threads: 1 });

  test("are told, with their licence and the text encoder that they read", () => {
    expect(imported.code, imported.stderr).toBe(0);
    expect(JSON.parse(imported.stdout)).toEqual({
      model: "imported",
      parameters: Object.values(converted.weights).reduce((sum, { data }) => sum + data.length, 0),
      unused: ["linear_proj_z.bias", "linear_proj_z.weight"],
      licence: "cc0-1.0",
      encoder: "distilbert-base-uncased",
      out: model,
    });
  });

  test("are a model that draws what the official code draws of a prompt's states", async () => {
    const drawn = await open();
    const options = { count: 1, prompt: "a person walks", seconds: 2.4, steps: 5, lag: 2, guidance: 3 };
    const noise = denoiser.noise.data;
    const states = denoiser.words.data.slice(0, 5 * 20);
    try {
      const { clips, prompts } = await drawn.sample(options, { noise, states });
      expect(prompts).toEqual(["a person walks"]);
      const net = motionNetwork(converted.shape);
      nn.load(net, converted.weights);
      const decode = compile({ tokens: [1, 12, 6] }, ({ tokens }) => ({ rows: net.frames.undo(net.decode(tokens)) }));
      const { rows } = await decode.run({ tokens: denoiser.sample.data });
      await decode.release();
      // Random weights turn and travel far, and every frame adds its error to those before
      expect(furthest(positionsOf(clips[0]), positionsOf(humanmlClip(rows, { fps: 20 })))).toBeLessThan(0.01);
      const other = await drawn.sample(options, { noise, states: states.map((value) => -value) });
      expect(furthest(positionsOf(other.clips[0]), positionsOf(clips[0]))).toBeGreaterThan(1);
    } finally {
      await drawn.release();
    }
  });

  test("draw without a prompt, and refuse one without its states, other states, and sessions", async () => {
    const drawn = await open();
    try {
      const { clips } = await drawn.sample({ count: 2, seconds: 0.6, steps: 2, lag: 2 });
      expect(clips.map(({ frames, fps }) => [frames, fps])).toEqual([
        [12, 20],
        [12, 20],
      ]);
      const prompt = "a person walks";
      const states = new Float32Array(100).fill(1);
      await expect(drawn.sample({ count: 1, prompt })).rejects.toThrow("a prompt comes with its `states`");
      await expect(drawn.sample({ count: 1 }, { states })).rejects.toThrow("states but no prompt");
      await expect(drawn.sample({ count: 3, prompt }, { states })).rejects.toThrow("for 3 got 100 numbers");
      await expect(drawn.sample({ count: 1, prompt }, { states: states.fill(Number.NaN) })).rejects.toThrow("finite");
      await expect(drawn.open()).rejects.toThrow("imported has no sessions");
    } finally {
      await drawn.release();
    }
  });

  test("take the states of a prompt as a file", async () => {
    const file = join(root, "states.npy");
    const data = Float32Array.from({ length: 12 }, (_, i) => i);
    const written = (...shape: number[]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      writeFileSync(file, writeNpy({ shape, data: data.slice(0, size) }));
    };
    written(3, 2);
    expect([...(await statesFrom(file, 2))]).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
    written(2, 3, 2);
    expect([...(await statesFrom(file, 2))]).toEqual([...data]);
    await expect(statesFrom(file, 3)).rejects.toThrow(
      "is an array [2, 3, 2]; the states of a prompt are [pieces, width]",
    );
    const out = join(root, "walk.bvh");
    const asked = [
      "--prompt",
      "walk",
      "--seconds",
      "0.6",
      "--steps",
      "2",
      "--lag",
      "2",
      "--states",
      file,
      "--out",
      out,
    ];
    const refused = await fewstep(["sample", model, ...asked]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("[1, pieces, width] with one for each of the 1 sample");
    expect(existsSync(out)).toBe(false);
    writeFileSync(file, writeNpy({ shape: [5, 20], data: denoiser.words.data.slice(0, 100) }));
    const sampled = await fewstep(["sample", model, ...asked]);
    expect(sampled.code, sampled.stderr).toBe(0);
    expect(existsSync(out)).toBe(true);
  });
});

describe("an import is refused, and writes nothing,", () => {
  const attempt = async (from: string, out = join(root, "none"), method = "motion") => {
    const error: Error = await importCommand(method, { from, out }).then(
      () => new Error("It was not refused."),
      (error) => error,
    );
    expect(isWrongUse(error), error.message).toBe(true);
    expect(existsSync(join(root, "none"))).toBe(false);
    return error.message;
  };
  const weights = { "vae.safetensors": null, "dit.safetensors": null };

  test("of PyTorch's pickles, with what converts them", async () => {
    const from = await folderOf("pickled", { ...weights, "Mean.npy": null, "net_best_fid.tar": "", "latest.tar": "" });
    const message = await attempt(from);
    expect(message).toContain("has only PyTorch's pickles, which are programs and are not read here.");
    expect(message).toContain(`torch.load('${join(from, "latest.tar")}', map_location='cpu')`);
    expect(message).toContain(`'${join(from, "net_best_fid.safetensors")}'`);
  });

  test("of folders without weights, without a scale, and none at all", async () => {
    expect(await attempt(await folderOf("empty", weights))).toContain("has no .safetensors files");
    expect(await attempt(await folderOf("scaleless", { "Std.npy": null }))).toContain("has no Std.npy");
    expect(await attempt(join(root, "nowhere"))).toContain("There is no folder");
  });

  test("of a scale that is damaged, which is no wrong use", async () => {
    const from = await folderOf("damaged", { "Std.npy": "?" });
    const error = await importCommand("motion", { from, out: join(root, "none") }).catch((error: Error) => error);
    expect([(error as Error).message, isWrongUse(error)]).toEqual([expect.stringContaining("is no .npy file"), false]);
    const states = await statesFrom(join(from, "Std.npy"), 1).catch((error: Error) => error);
    expect([(states as Error).message, isWrongUse(states)]).toEqual([expect.stringContaining("is no .npy"), false]);
    expect(isWrongUse(await statesFrom(join(from, "none.npy"), 1).catch((error: Error) => error))).toBe(true);
  });

  test("of tensors that are missing, of another size, of another kind or there twice, by name", async () => {
    const { "final_layer.bias": _, ...fewer } = dit;
    expect(await attempt(await folderOf("fewer", { "dit.safetensors": fewer }))).toContain("missing: final_layer.bias");
    const bias = { shape: [5], data: new Float32Array(5) };
    expect(
      await attempt(await folderOf("other", { "dit.safetensors": { ...dit, "final_layer.bias": bias } })),
    ).toContain("final_layer.bias [5] instead of [6]");
    const whole = { ...dit, "final_layer.bias": { shape: [6], data: new Int32Array(6) } };
    expect(await attempt(await folderOf("whole", { "dit.safetensors": whole }))).toContain("final_layer.bias is I32");
    expect(await attempt(await folderOf("twice", { "z.safetensors": { "final_layer.bias": bias } }))).toContain(
      "dit.safetensors and z.safetensors both have final_layer.bias",
    );
  });

  test("for another method, into no folder, or where a model is already", async () => {
    expect(await attempt(cmdm, undefined, "flow")).toBe(
      'There is nothing to import for "flow"; choose motion (CMDM, 2602.22594), ' +
        "discrete (Duo, 2506.10892, and MDLM, 2406.07524), sphere (the Sphere Encoder, 2602.15030), " +
        "drifting (Drifting, 2602.04770).",
    );
    expect(await attempt(cmdm, "")).toBe("--out is empty; give it a name.");
    expect(await attempt("", undefined)).toBe("--from is empty; give it a name.");
    expect(await attempt(cmdm, join(cmdm, "README.md"))).toContain("is a file, and a model goes into a folder");
    const before = readdirSync(model);
    expect(await attempt(cmdm, model)).toContain("already holds config.json and model.safetensors");
    expect(readdirSync(model)).toEqual(before);
  });
});

test("the licence of the weights is that of their folder", async () => {
  const from = await folderOf("licensed", { "LICENSE.txt": "\nCreative Commons Legal Code\n\nCC0 1.0 Universal\n" });
  const out = join(root, "models/licensed");
  await importCommand("motion", { from, out });
  const { config } = await loadModel(out);
  expect(config.training.licence).toBe("CC0 1.0 Universal (LICENSE.txt)");
});

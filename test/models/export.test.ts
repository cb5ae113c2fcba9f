import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, expect, test } from "vitest";
import { exportCommand } from "../../src/cli/export.js";
import { generatorArchitecture } from "../../src/methods/drifting/network.js";
import { loadModel } from "../../src/methods/load.js";
import { methodOf } from "../../src/methods/registry.js";
import { loadedNetwork } from "../../src/models/architecture.js";
import { readModel, writeModel } from "../../src/models/files.js";
import { Random } from "../../src/random/index.js";
import { exportOnnx } from "../../src/runtime/export.js";
import { compile } from "../../src/runtime/index.js";
import { inProcess } from "../cli/in-process.js";
import { untrained, untrainedShape } from "../methods/sphere/untrained.js";

const folder = mkdtempSync(join(tmpdir(), "fewstep-export-"));
const fewstep = inProcess(join(folder, "cache"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The inputs of an exported drifting model, from nothing but what the file and the API say. */
const asked = { count: 3, label: [7, 1, 7], guidance: 1.5, style: [3, 0, 15, 9] };
const noise = new Random(4).fillNormal(new Float32Array(3 * 32));
const repeated = Int32Array.from({ length: 12 }, (_, i) => asked.style[i % 4]);

async function drawn(): Promise<number[]> {
  const model = await loadModel("drifting-fashion", { kind: "image", device: "cpu" });
  const { pixels } = await model.sample(asked, { noise });
  await model.release();
  return [...pixels];
}

test("an exported drifting model draws what the API draws, with the API's style tokens, in any batch", async () => {
  const path = join(folder, "fashion.onnx");
  await exportCommand("drifting-fashion", { out: path, json: false });
  const session = await ort.InferenceSession.create(path);
  const feeds = (from: number, to: number) => ({
    noise: new ort.Tensor("float32", noise.slice(32 * from, 32 * to), [to - from, 1, 32]),
    label: new ort.Tensor("int32", Int32Array.from(asked.label.slice(from, to)), [to - from]),
    guidance: new ort.Tensor("float32", new Float32Array(to - from).fill(1.5), [to - from]),
    style: new ort.Tensor("int32", repeated.slice(4 * from, 4 * to), [to - from, 1, 4]),
  });
  const expected = await drawn();
  const { images } = await session.run(feeds(0, 3));
  expect(images.dims).toEqual([3, 1, 28, 28]);
  expectClose(images.data as Float32Array, expected);
  const one = await session.run(feeds(1, 2));
  expectClose(one.images.data as Float32Array, expected.slice(784, 2 * 784));
});

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found).toHaveLength(expected.length);
  expect(Math.max(...Array.from(found, (value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-4);
}

test("token k of style v is row 16·k + v of the network's table", async () => {
  const files = await readModel("drifting-fashion", () => generatorArchitecture);
  const { net } = loadedNetwork(generatorArchitecture, files);
  const rows = { shape: [3], dtype: "int32" } as const;
  const specs = { noise: [3, 1, 32], label: rows, guidance: [3], style: { shape: [3, 1, 4], dtype: "int32" } } as const;
  const program = compile(specs, (inputs) => ({ images: net(inputs).clamp(-1, 1) }), { device: "cpu", freeze: true });
  const style = repeated.map((value, i) => 16 * (i % 4) + value);
  const { images } = await program.run({ noise, label: asked.label, guidance: [1.5, 1.5, 1.5], style });
  await program.release();
  expectClose(images, await drawn());
});

const python = spawnSync("python3", ["-c", "import onnxruntime"]).status === 0;
const PYTHON = `
import json, sys, numpy as np, onnxruntime as ort
session = ort.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
given = json.load(sys.stdin)
types = {"tensor(float)": np.float32, "tensor(int32)": np.int32}
feeds = {i.name: np.array(given[i.name], types[i.type]) for i in session.get_inputs()}
about = session.get_modelmeta().custom_metadata_map
print(json.dumps({"about": about, "images": session.run(None, feeds)[0].ravel().tolist()}))
`;
test.skipIf(!python)("the same in Python (skipped where it has no onnxruntime)", async () => {
  const path = join(folder, "python.onnx");
  await exportCommand("drifting-fashion", { out: path, json: false });
  const rows = <T>(values: ArrayLike<T>, per: number) =>
    [0, 1, 2].map((k) => [Array.from(values).slice(per * k, per * (k + 1))]);
  const input = JSON.stringify({
    noise: rows(noise, 32),
    label: asked.label,
    guidance: [1.5, 1.5, 1.5],
    style: rows(repeated, 4),
  });
  const found = JSON.parse(execFileSync("python3", ["-c", PYTHON, path], { input, encoding: "utf8" }));
  expectClose(found.images, await drawn());
  expect(JSON.parse(found.about.inputs).style).toContain("0 … 15");
});

const TOLD = "a sphere model that is told an angle";
test.each(["sphere-fashion", "flow-fashion", "duo-names", "mdlm-text", TOLD])(
  "every network of %s is exported for any batch, and says what it takes",
  async (name) => {
    const angled = { ...untrainedShape(), sampleAngle: 85 };
    const model = name === TOLD ? untrained(angled) : await loadModel(name, { device: "cpu" });
    const random = new Random(1);
    for (const part of Object.values(model.parts)) {
      const bytes = part.toOnnx();
      const about = Buffer.from(bytes).toString("utf8");
      const [any, fixed] = await Promise.all([bytes, part.toOnnx(4)].map((file) => ort.InferenceSession.create(file)));
      for (const { name: input } of any.inputMetadata) expect(about).toContain(`"${input}":"`);
      expect(about).toContain(model.config.name);
      const feeds: Record<string, ort.Tensor> = {};
      for (const input of fixed.inputMetadata) {
        if (!input.isTensor) throw new Error("a tensor was expected");
        const shape = input.shape.map(Number);
        const size = shape.reduce((a, b) => a * b, 1);
        feeds[input.name] =
          input.type === "int32"
            ? new ort.Tensor(
                "int32",
                Int32Array.from({ length: size }, (_, i) => i % 3),
                shape,
              )
            : new ort.Tensor("float32", random.fillNormal(new Float32Array(size)).map(Math.abs), shape);
      }
      const [got, wanted] = [await any.run(feeds), await fixed.run(feeds)];
      for (const output of any.outputNames) {
        expect(got[output].dims).toEqual(wanted[output].dims);
        expectClose(got[output].data as Float32Array, wanted[output].data as Float32Array);
      }
    }
    await model.release();
  },
);

test("what follows the batch in a way that cannot be written is refused", () => {
  const build = ({ x }: Record<"x", import("../../src/tensor/index.js").Tensor>) => ({ y: x.mul(x.shape[0]) });
  const ofSquare = { inputs: (size: number) => ({ x: [size, size * size] }), build };
  expect(() => exportOnnx(ofSquare, {})).toThrow("does not follow the batch evenly");
  for (const size of [0, -1, 1.5, Number.NaN])
    expect(() => exportOnnx(ofSquare, { size })).toThrow(`must be a whole number of at least 1, got ${size}`);
  expect(compile({ x: [2, 4] }, build).toOnnx().length).toBeGreaterThan(0);
});

test("a model with smaller weights draws nearly the same, from a folder that was empty", async () => {
  const out = join(folder, "small");
  await exportCommand("duo-names", { out, dtype: "int8" });
  const bytes = (path: string) => statSync(join(path, "model.safetensors")).size;
  expect(bytes(out)).toBeLessThan(0.6 * bytes("models/duo-names"));
  const weights = async (location: string) =>
    (await readModel(location, ({ method }) => methodOf(method)!.architecture)).weights;
  const [before, after] = [await weights("duo-names"), await weights(out)];
  expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
  for (const [name, { shape, data }] of Object.entries(before)) {
    expect(after[name].shape, name).toEqual(shape);
    const largest = data.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
    const worst = data.reduce((max, v, i) => Math.max(max, Math.abs(v - after[name].data[i])), 0);
    expect(worst, name).toBeLessThanOrEqual(largest / 250);
  }
  const model = await loadModel(out, { kind: "text" });
  expect((await model.sample({ count: 2, steps: 4 })).strings).toHaveLength(2);
  await model.release();
  await expect(exportCommand("duo-names", { out, dtype: "int4" })).rejects.toThrow("is not empty");
  const elsewhere = join(folder, "other");
  await expect(exportCommand("duo-names", { out: elsewhere, dtype: "int4", part: "denoiser" })).rejects.toThrow(
    "--part is for ONNX files",
  );
  await expect(exportCommand("no-such-model", { out: elsewhere, dtype: "int4" })).rejects.toThrow("no-such-model");
});

test.each([
  ["int8", "float32", true],
  ["int8", "float16", true],
  ["float32", "float16", false],
  ["int4", "int4", false],
] as const)(
  "weights of %s, exported as %s: that they are rounded already is said: %s",
  async (stored, dtype, rounded) => {
    const [from, out] = [join(folder, `${stored}-for-${dtype}`), join(folder, `${stored}-as-${dtype}`)];
    const files = await readModel("duo-names", ({ method }) => methodOf(method)!.architecture);
    await writeModel(from, files, { dtype: stored });
    const { code, stdout, stderr } = await fewstep(["export", from, "--dtype", dtype, "--out", out, "--json"]);
    expect(code, stderr).toBe(0);
    const { note, ...result } = JSON.parse(stdout);
    expect(result).toMatchObject({ stored, dtype });
    expect(note).toEqual(rounded ? expect.stringContaining(`has weights of ${stored}, rounded already`) : null);
    expect(stderr.trim()).toBe(note ?? "");
  },
);

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { loadModel } from "../../src/methods/load.js";
import { shippedModelsFolder } from "../../src/models/files.js";
import { writeTritonModel } from "../../src/models/triton.js";
import { inProcess } from "../cli/in-process.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-triton-"));
const fewstep = inProcess(join(root, "cache"));
afterAll(() => rmSync(root, { recursive: true }));

interface Field {
  name: string;
  value: string | string[] | Field[];
}

/** Reads protobuf's text format, as far as it is used: `name: value`, `name: [ … ]`, `name { … }`, `name [ { … }, … ]`. */
function parse(text: string): Field[] {
  const tokens = text.match(/"[^"\\\n]*"|[[\]{}:,]|[\w.+-]+/g) ?? [];
  let at = 0;
  const next = (wanted: RegExp) => {
    const token = tokens[at++];
    if (token === undefined || !wanted.test(token)) throw new Error(`${token} at ${at} is not ${wanted}`);
    return token;
  };
  const fields = (end: string | undefined): Field[] => {
    const found: Field[] = [];
    while (tokens[at] !== end) {
      const name = next(/^[a-z_]+$/);
      if (tokens[at] === "{") found.push({ name, value: block() });
      else if (tokens[at] === "[") for (const value of list(block)) found.push({ name, value });
      else {
        next(/^:$/);
        const scalar = () => next(/^("|\w|-)/);
        found.push({ name, value: tokens[at] === "[" ? list(scalar) : scalar() });
      }
    }
    return found;
  };
  const block = () => {
    next(/^\{$/);
    const found = fields("}");
    next(/^\}$/);
    return found;
  };
  function list<T>(one: () => T): T[] {
    next(/^\[$/);
    const found: T[] = [];
    while (tokens[at] !== "]") {
      if (found.length > 0) next(/^,$/);
      found.push(one());
    }
    next(/^\]$/);
    return found;
  }
  const found = fields(undefined);
  return found;
}

const named = (fields: Field[], name: string) => fields.filter((one) => one.name === name).map(({ value }) => value);
/** The inputs or outputs as clients see them. */
const tensors = (fields: Field[], name: string) =>
  (named(fields, name) as Field[][]).map((one) => ({
    name: named(one, "name")[0],
    type: named(one, "data_type")[0],
    dims: (named(one, "dims")[0] as string[]).map(Number),
    reshaped: named(one, "reshape").length > 0,
  }));

async function exported(model: string, ...more: string[]) {
  const found = await fewstep(["export", model, "--triton", join(root, "repository"), "--json", ...more]);
  expect(found.code, found.stderr).toBe(0);
  return JSON.parse(found.stdout);
}

const CASES = {
  "drifting-fashion": { options: { label: [1, 7, 1, 2, 3, 4, 0, 9], guidance: 1.5, style: [3, 0, 15, 9] } },
  "sphere-fashion": { options: { label: [1, 7, 1, 2, 3, 4, 0, 9], steps: 1 } },
} as const;

describe.each(Object.entries(CASES))("%s in a repository", (name, { options }) => {
  test("gives the pixels of sample for the same noise, one at a time and eight together", async () => {
    const { out, version } = await exported(name);
    expect(version).toBe(1);
    const model = await loadModel(name, { kind: "image", device: "cpu" });
    const given = { ...options, label: [...options.label], count: 8 };
    const noise = model.drawNoise({ ...given, seed: 5 });
    const { pixels } = await model.sample(given, { noise });
    await model.release();
    const session = await ort.InferenceSession.create(out);
    const row = noise.length / 8;
    for (const batch of [1, 8])
      for (let at = 0; at < 8; at += batch) {
        const part = noise.slice(at * row, (at + batch) * row);
        const label = Int32Array.from(options.label.slice(at, at + batch));
        const { guidance, style } = options as { guidance?: number; style?: readonly number[] };
        const { images } = await session.run({
          noise: new ort.Tensor("float32", part, name.startsWith("drifting") ? [batch, 1, row] : [batch, row]),
          label: new ort.Tensor("int32", label, [batch]),
          ...(guidance && { guidance: new ort.Tensor("float32", new Float32Array(batch).fill(guidance), [batch]) }),
          ...(style && {
            style: new ort.Tensor(
              "int32",
              Int32Array.from({ length: 4 * batch }, (_, i) => style[i % 4]),
              [batch, 1, 4],
            ),
          }),
        });
        expect(images.dims).toEqual([batch, 1, 28, 28]);
        const expected = pixels.subarray(at * 784, (at + batch) * 784);
        const off = Array.from(images.data as Float32Array, (value, i) => Math.abs(value - expected[i]));
        expect(Math.max(...off)).toBeLessThan(1e-4);
      }
    await session.release();
  });

  test("its config.pbtxt says what the file takes and gives", async () => {
    const folder = join(root, "repository", name);
    const text = readFileSync(join(folder, "config.pbtxt"), "utf8");
    const config = parse(text);
    expect(named(config, "name")).toEqual([`"${name}"`]);
    expect(named(config, "backend")).toEqual(['"onnxruntime"']);
    expect(named(config, "max_batch_size")).toEqual(["64"]);
    expect(named(config, "dynamic_batching")).toHaveLength(1);
    const session = await ort.InferenceSession.create(join(folder, "1", "model.onnx"));
    for (const [side, metadata] of [
      ["input", session.inputMetadata],
      ["output", session.outputMetadata],
    ] as const) {
      const inFile = metadata.map((one) => {
        if (!one.isTensor) throw new Error(`${one.name} is no tensor`);
        const axes = one.shape.slice(1);
        return {
          name: `"${one.name}"`,
          type: { float32: "TYPE_FP32", int32: "TYPE_INT32" }[one.type as string],
          dims: axes.length > 0 ? axes : [1],
          reshaped: axes.length === 0,
        };
      });
      expect(tensors(config, side)).toEqual(inFile);
    }
    await session.release();
    for (const path of [join(folder, "config.pbtxt"), join(folder, "1", "model.onnx")])
      expect(readFileSync(path).includes(root)).toBe(false);
  });
});

test("another export is the next version, and nothing is written over", async () => {
  const folder = join(root, "repository", "drifting-fashion");
  const first = readFileSync(join(folder, "1", "model.onnx"));
  writeFileSync(join(folder, "1", "note"), "mine");
  mkdirSync(join(folder, "7"));
  const { version, out } = await exported("drifting-fashion");
  expect(version).toBe(8);
  expect(out).toBe(join(folder, "8", "model.onnx"));
  expect(readFileSync(out).equals(first)).toBe(true);
  expect(readFileSync(join(folder, "1", "note"), "utf8")).toBe("mine");
  expect(readdirSync(folder).sort()).toEqual(["1", "7", "8", "config.pbtxt"]);
  const other = await fewstep([
    ...["export", "drifting-fashion", "--triton", join(root, "repository"), "--batch", "4"],
  ]);
  expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/differs from what this model needs/)]);
  expect(readdirSync(folder).sort()).toEqual(["1", "7", "8", "config.pbtxt"]);
});

test("nothing is left where it fails", async () => {
  const model = await loadModel("drifting-fashion", { kind: "image", device: "cpu" });
  const part = { ...model.whole!, toOnnx: () => undefined as unknown as Uint8Array };
  const repository = join(root, "failed");
  const write = (name: string) => writeTritonModel(repository, { name, part, image: [1, 28, 28], maxBatch: 1 });
  await expect(write("one")).rejects.toThrow();
  expect(existsSync(repository) ? readdirSync(repository) : []).toEqual([]);
  for (const name of ["../one", ".one", "a b", 'a"b', ""])
    await expect(write(name)).rejects.toThrow(/are called by letters/);
  await model.release();
});

test("what cannot be is refused", async () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  const renamed = join(root, "renamed");
  cpSync(join((await shippedModelsFolder())!, "drifting-fashion"), renamed, { recursive: true });
  const config = JSON.parse(readFileSync(join(renamed, "config.json"), "utf8"));
  writeFileSync(join(renamed, "config.json"), JSON.stringify({ ...config, name: "my model" }));
  for (const [args, code, said] of [
    [["drifting-fashion"], 2, /--out <path>, or --triton <repository>/],
    [["drifting-fashion", "--triton", root, "--out", "x.onnx"], 2, /--out is not for --triton/],
    [["drifting-fashion", "--triton", root, "--part", "generator"], 2, /--part is not for --triton/],
    [["drifting-fashion", "--triton", root, "--dtype", "int8"], 2, /--dtype is not for --triton/],
    [["duo-names", "--triton", root], 2, /"fewstep serve duo-names" serves it/],
    [["drifting-fashion", "--triton", file], 1, /cannot be a folder|Could not (read|write)/],
    [[renamed, "--triton", root], 1, /called by letters.*"my model"/],
  ] as const) {
    const found = await fewstep(["export", ...args]);
    expect([found.code, found.stderr], args.join(" ")).toEqual([code, expect.stringMatching(said)]);
  }
});

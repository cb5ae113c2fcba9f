import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Images } from "../../src/media/images.js";
import { loadModel } from "../../src/methods/load.js";
import type { AnyGenerator, SampleOptions } from "../../src/models/generator.js";
import { Random } from "../../src/random/index.js";
import { post, serving } from "./serving.js";

let app: FastifyInstance;
let url: string;
let fashion: AnyGenerator;

beforeAll(async () => {
  ({ app, url } = await serving());
  fashion = await loadModel("drifting-fashion", { device: "cpu", threads: 1 });
});
afterAll(async () => {
  await app.close();
  await fashion.release();
});

const infer = (model: string, body: unknown) => post(`${url}/v2/models/${model}/infer`, body);
const tensor = (name: string, datatype: string, data: (number | string)[], shape = [data.length]) => ({
  ...{ name, datatype, shape, data },
});
/** A request with its tensors as bytes behind the JSON. */
async function inferBinary(
  model: string,
  tensors: { name: string; datatype: string; bytes: Buffer; shape: number[] }[],
  more = {},
) {
  const inputs = tensors.map(({ bytes, ...rest }) => ({ ...rest, parameters: { binary_data_size: bytes.length } }));
  const head = Buffer.from(JSON.stringify({ inputs, ...more }));
  const answer = await fetch(`${url}/v2/models/${model}/infer`, {
    method: "POST",
    headers: { "Inference-Header-Content-Length": String(head.length) },
    body: Buffer.concat([head, ...tensors.map(({ bytes }) => bytes)]),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  const length = Number(answer.headers.get("inference-header-content-length") ?? body.length);
  return { status: answer.status, json: JSON.parse(body.toString("utf8", 0, length)), rest: body.subarray(length) };
}
const alone = async (options: SampleOptions, noise?: Float32Array) =>
  (await fashion.sample(options, noise && { noise })) as Images;

test("says what the server and a model are", async () => {
  const get = async (path: string) => (await fetch(`${url}${path}`)).json();
  expect(await get("/v2")).toMatchObject({ name: "fewstep", extensions: ["binary_tensor_data"] });
  expect(await get("/v2/health/live")).toEqual({ live: true });
  expect(await get("/v2/health/ready")).toEqual({ ready: true });
  expect(await get("/v2/models/drifting-fashion/ready")).toEqual({ name: "drifting-fashion", ready: true });
  expect(await get("/v2/models/drifting-fashion/versions/1")).toMatchObject({
    name: "drifting-fashion",
    inputs: [
      { name: "seed", datatype: "INT64", shape: [-1] },
      { name: "noise", datatype: "FP32", shape: [-1, -1] },
      { name: "label", datatype: "INT32", shape: [-1] },
      { name: "guidance", datatype: "FP32", shape: [-1] },
    ],
    outputs: [{ name: "images", datatype: "FP32", shape: [-1, 1, 28, 28] }],
  });
  expect((await get("/v2/models/duo-names")).outputs.map(({ name }: { name: string }) => name)).toEqual([
    "text",
    "tokens",
  ]);
  expect((await fetch(`${url}/v2/models/nobody/ready`)).status).toBe(404);
  expect((await fetch(`${url}/v2/models/drifting-fashion/versions/2`)).status).toBe(404);
});

test("tensors in JSON: each row has a seed, class and guidance of its own, and the pixels of the JavaScript API", async () => {
  const inputs = [
    tensor("seed", "INT64", [4, 9]),
    tensor("label", "BYTES", ["coat", "bag"]),
    tensor("guidance", "FP32", [1, 2.5], [2, 1]),
  ];
  const answer = await infer("drifting-fashion", { id: "mine", inputs });
  expect(answer.status).toBe(200);
  const { id, model_name, outputs } = await answer.json();
  expect({ id, model_name }).toEqual({ id: "mine", model_name: "drifting-fashion" });
  expect(outputs[0]).toMatchObject({ name: "images", datatype: "FP32", shape: [2, 1, 28, 28] });
  const one = await alone({ seed: 4, label: "coat" });
  const two = await alone({ seed: 9, label: "bag", guidance: 2.5 });
  expect(Float32Array.from(outputs[0].data)).toEqual(Float32Array.from([...one.pixels, ...two.pixels]));
});

test("tensors as bytes: noise in, pixels out, bit for bit", async () => {
  const noise = new Random(5).normals(2 * 32);
  const labels = Int32Array.from([3, 8]);
  const { status, json, rest } = await inferBinary(
    "drifting-fashion",
    [
      { name: "noise", datatype: "FP32", shape: [2, 32], bytes: Buffer.from(noise.buffer) },
      { name: "label", datatype: "INT32", shape: [2], bytes: Buffer.from(labels.buffer) },
    ],
    { outputs: [{ name: "images", parameters: { binary_data: true } }], parameters: { style: [0, 1, 2, 3] } },
  );
  expect(json.error).toBeUndefined();
  expect(status).toBe(200);
  expect(json.outputs[0].parameters.binary_data_size).toBe(rest.length);
  const drawn = await alone({ count: 2, label: [3, 8], style: [0, 1, 2, 3] }, noise);
  expect(rest.equals(Buffer.from(drawn.pixels.buffer))).toBe(true);
});

test("texts, in JSON and as bytes", async () => {
  const model = await loadModel("duo-names", { device: "cpu", threads: 1 });
  const options = { seed: 3, steps: 4, prompt: "Jo" };
  const drawn = await model.sample(options);
  await model.release();
  const { strings, tokens } = drawn as { strings: readonly string[]; tokens: Int32Array } & object;
  const parameters = { steps: 4, prompt: "Jo" };
  const plain = await (await infer("duo-names", { inputs: [tensor("seed", "INT64", [3])], parameters })).json();
  expect(plain.outputs[0]).toEqual({ name: "text", datatype: "BYTES", shape: [1], data: strings });
  expect(plain.outputs[1].data).toEqual([...tokens]);
  const seed = Buffer.alloc(8);
  seed.writeBigInt64LE(3n);
  const { json, rest } = await inferBinary(
    "duo-names",
    [{ name: "seed", datatype: "INT64", shape: [1], bytes: seed }],
    {
      parameters: { ...parameters, binary_data_output: true },
    },
  );
  const length = Buffer.byteLength(strings[0]);
  expect(json.outputs[0].parameters.binary_data_size).toBe(4 + length);
  expect(rest.readUInt32LE(0)).toBe(length);
  expect(rest.toString("utf8", 4, 4 + length)).toBe(strings[0]);
});

describe("what cannot be is refused, as { error }", () => {
  const seed = tensor("seed", "INT64", [1]);
  test.each([
    [{}, /inputs must be a list/],
    [{ inputs: [] }, /Give seed or noise/],
    [{ inputs: [null] }, /inputs\[0\] needs a name/],
    [{ inputs: [tensor("label", "INT32", [1])] }, /Give seed or noise/],
    [{ inputs: [seed, tensor("label", "INT32", [1, 2])] }, /seed has 1, label 2/],
    [{ inputs: [seed, seed] }, /seed is given twice/],
    [{ inputs: [{ ...seed, shape: [-1] }] }, /shape of "seed" must be/],
    [{ inputs: [{ ...seed, shape: [1e9, 1e9] }] }, /shape of "seed" must be/],
    [{ inputs: [{ ...seed, shape: [2] }] }, /has 2 values by its shape, got 1/],
    [{ inputs: [{ ...seed, datatype: "FP16" }] }, /datatype of "seed" must be/],
    [{ inputs: [{ ...seed, data: ["x"] }] }, /values of "seed" must be numbers/],
    [{ inputs: [{ ...seed, parameters: { binary_data_size: 8 } }] }, /either data or/],
    [
      { inputs: [{ name: "seed", datatype: "INT64", shape: [1], parameters: { binary_data_size: 8 } }] },
      /says 8 bytes, and 0/,
    ],
    [{ inputs: [tensor("colour", "INT32", [1])] }, /has no input "colour"; it has seed, noise, label, guidance/],
    [{ inputs: [tensor("noise", "FP32", [1, 2], [1, 2])] }, /noise takes 1 × 32 numbers, got 2/],
    [{ inputs: [tensor("seed", "FP32", [0.5])] }, /seed must be a whole number/],
    [{ inputs: [seed, tensor("label", "INT32", [77])] }, /There is no class "77"/],
    [{ inputs: [seed], parameters: { count: 2 } }, /leave out count/],
    [{ inputs: [seed], parameters: { seed: 2 } }, /as an input and as a parameter/],
    [{ inputs: [seed], parameters: { steps: 2 } }, /takes no "steps"/],
    [{ inputs: [seed], outputs: [{ name: "sound" }] }, /no output "sound"; it has images/],
    [{ inputs: [seed], output: [] }, /no field "output"/],
    [{ inputs: [tensor("seed", "INT64", Array(65).fill(1))] }, /at most 64 rows/],
    ["nothing", /does not begin with JSON/],
  ])("%j", async (body, message) => {
    const answer = await infer("drifting-fashion", body);
    expect(answer.status).toBe(400);
    expect((await answer.json()).error).toMatch(message);
  });

  test.each(["-1", "1e9", "x", "4.5"])("a header that says %s bytes of JSON", async (length) => {
    const headers = { "Inference-Header-Content-Length": length };
    const answer = await fetch(`${url}/v2/models/drifting-fashion/infer`, { method: "POST", headers, body: "{}" });
    expect(answer.status).toBe(400);
  });
});

/** A Python that has tritonclient; see triton_client.py. */
const python = process.env.FEWSTEP_TRITON_PYTHON;
test.skipIf(!python)("Triton's Python client gets the pixels of the JavaScript API", async () => {
  const script = join(import.meta.dirname, "triton_client.py");
  const { stdout } = await promisify(execFile)(python!, [script, url.replace("http://", "")], { maxBuffer: 1e8 });
  const { binary, plain } = JSON.parse(stdout);
  const drawn = [await alone({ seed: 4, label: 3 }), await alone({ seed: 9, label: 8, guidance: 2 })];
  const expected = drawn.flatMap(({ pixels }) => [...pixels]);
  expect(binary).toEqual(expected);
  expect(Float32Array.from(plain)).toEqual(Float32Array.from(expected));
});

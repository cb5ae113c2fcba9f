import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AnyGenerator, SampleOptions, SampleRequest } from "../models/generator.js";
import type { Served } from "./catalogue.js";
import type { Context } from "./context.js";
import { badField, HttpError } from "./errors.js";
import type { Drawn } from "./protocol.js";
import { ask, clientSignal, objectOf, type ServedGenerator, stillModelOf } from "./requests.js";
import { type InputTensor, type OutputTensor, readTensors, tensorBytes } from "./tensors.js";

/** The only version that a model has here. */
const VERSION = "1";
const HEADER = "inference-header-content-length";

/** What a model takes as tensors: one row for each sample. */
function inputsOf({ kind, config, options }: AnyGenerator) {
  const takes = (name: string) => Object.hasOwn(options.shape, name);
  return [
    { name: "seed", datatype: "INT64", shape: [-1] },
    ...(kind === "image" && config.method !== "discrete" ? [{ name: "noise", datatype: "FP32", shape: [-1, -1] }] : []),
    ...(takes("label") ? [{ name: "label", datatype: "INT32", shape: [-1] }] : []),
    ...(takes("guidance") ? [{ name: "guidance", datatype: "FP32", shape: [-1] }] : []),
  ];
}

function outputsOf({ kind, config: { image } }: AnyGenerator) {
  if (kind === "image" && image)
    return [{ name: "images", datatype: "FP32", shape: [-1, image.channels, image.height, image.width] }];
  return [
    { name: "text", datatype: "BYTES", shape: [-1] },
    { name: "tokens", datatype: "INT32", shape: [-1, -1] },
  ];
}

/**
 * The Open Inference Protocol v2 of KServe and Triton, with tensors in JSON and in the binary extension. A model is what
 * it draws: `seed` or `noise` (and `label`, `guidance`) to `images`, or to `text` and `tokens`; row i is what `sample`
 * gives for these alone. Other options stand in the request's `parameters`.
 */
export async function inferenceV2(app: FastifyInstance, context: Context): Promise<void> {
  const { catalogue, pool } = context;
  // Bodies are JSON with bytes behind it, of whatever content type clients say
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, async (_request: FastifyRequest, body: Buffer) => body);

  app.get("/v2", async () => ({ name: "fewstep", version: "2", extensions: ["binary_tensor_data"] }));
  app.get("/v2/health/live", async () => ({ live: true }));
  app.get("/v2/health/ready", async () => {
    await pool.start();
    return { ready: true };
  });

  interface Params {
    name: string;
    version?: string;
  }
  const find = ({ name, version = VERSION }: Params) => {
    if (version !== VERSION) throw new HttpError(404, `${name} has the version ${VERSION} only.`);
    return stillModelOf(catalogue, name);
  };
  for (const path of ["/v2/models/:name", "/v2/models/:name/versions/:version"]) {
    app.get<{ Params: Params }>(path, async ({ params }) => {
      const { served, model } = await find(params);
      const platform = `fewstep_${model.method}`;
      return { name: served.name, versions: [VERSION], platform, inputs: inputsOf(model), outputs: outputsOf(model) };
    });
    app.get<{ Params: Params }>(`${path}/ready`, async ({ params }) => {
      const { served } = await find(params);
      return { name: served.name, ready: true };
    });
    app.post<{ Params: Params }>(`${path}/infer`, async (request, reply) => {
      const found = await find(request.params);
      request.told = { model: found.served.name };
      return infer(context, found, request, reply);
    });
  }
}

interface Wanted {
  readonly tensor: OutputTensor;
  readonly binary: boolean;
}

async function infer(
  context: Context,
  found: { served: Served; model: ServedGenerator },
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const { head, rest } = takeApart(request);
  const { id, inputs, outputs, parameters = {}, ...others } = head;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw badField(unknown, `There is no field ${JSON.stringify(unknown.slice(0, 60))} in a request.`);
  if (id !== undefined && typeof id !== "string") throw badField("id", "id must be a text.");
  const { binary_data_output = false, ...options } = objectOf(parameters);
  const wanted = wantedOf(outputs, found.model, binary_data_output === true);
  const rows = rowsOf(found, readTensors(inputs, rest), options);
  for (const { options: row } of rows) ask(found, row!, context.settings);
  if (rows.length > context.settings.maxCount)
    throw badField(
      "inputs",
      `A request has at most ${context.settings.maxCount} rows on this server, got ${rows.length}.`,
    );
  const drawn = await drawRows(context, found, rows, clientSignal(reply));
  const tensors = tensorsOf(drawn);
  const chosen = wanted.map(
    ({ name, binary }): Wanted => ({ tensor: tensors.find((one) => one.name === name)!, binary }),
  );
  return answer(
    reply,
    { ...(id !== undefined && { id }), model_name: found.served.name, model_version: VERSION },
    chosen,
  );
}

/** The JSON of a request, and the bytes behind it. */
function takeApart({ headers, body }: FastifyRequest): { head: Record<string, unknown>; rest: Buffer } {
  if (headers["content-encoding"]) throw new HttpError(415, "Compressed bodies are not taken; send it as it is.");
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  const length = headers[HEADER] === undefined ? bytes.length : Number(headers[HEADER]);
  if (!(Number.isSafeInteger(length) && length >= 0 && length <= bytes.length))
    throw badField(null, `Inference-Header-Content-Length must be a whole number of at most ${bytes.length}.`);
  let head: unknown;
  try {
    head = JSON.parse(bytes.toString("utf8", 0, length));
  } catch {
    throw badField(null, "The body does not begin with JSON; send one JSON object, and tensors behind it.");
  }
  return { head: objectOf(head), rest: bytes.subarray(length) };
}

/** The outputs that are asked for (default: all), and whether as bytes. */
function wantedOf(outputs: unknown, model: AnyGenerator, binary: boolean): { name: string; binary: boolean }[] {
  const names = outputsOf(model).map(({ name }) => name);
  if (outputs === undefined) return names.map((name) => ({ name, binary }));
  if (!Array.isArray(outputs)) throw badField("outputs", "outputs must be a list of { name }.");
  return outputs.map((output) => {
    const { name, parameters } = (output ?? {}) as { name?: string; parameters?: { binary_data?: boolean } };
    if (name === undefined || !names.includes(name))
      throw badField(
        "outputs",
        `The model has no output ${JSON.stringify(name)?.slice(0, 60)}; it has ${names.join(", ")}.`,
      );
    return { name, binary: parameters?.binary_data ?? binary };
  });
}

/** A request for each row of the tensors. */
function rowsOf(
  { served, model }: { served: Served; model: AnyGenerator },
  tensors: InputTensor[],
  options: object,
): SampleRequest[] {
  const known = inputsOf(model).map(({ name }) => name);
  const [first] = tensors;
  for (const [i, { name, shape }] of tensors.entries()) {
    if (!known.includes(name))
      throw badField(
        name,
        `${served.name} has no input ${JSON.stringify(name.slice(0, 60))}; it has ${known.join(", ")}.`,
      );
    if (tensors.findIndex((other) => other.name === name) !== i)
      throw badField(name, `The input ${name} is given twice.`);
    if (shape[0] !== first.shape[0])
      throw badField(
        name,
        `The inputs have a row for each sample: ${first.name} has ${first.shape[0]}, ${name} ${shape[0]}.`,
      );
    if (name in options) throw badField(name, `${name} is given as an input and as a parameter; give one.`);
  }
  const of = (name: string) => tensors.find((one) => one.name === name);
  const noise = of("noise");
  if (!of("seed") && !noise)
    throw badField("inputs", `Give ${known.includes("noise") ? "seed or noise" : "seed"}: one row for each sample.`);
  if ("count" in options) throw badField("count", "There is a sample for each row of the inputs; leave out count.");
  const count = first.shape[0];
  const single = ["seed", "label", "guidance"].flatMap((name) => of(name) ?? []);
  for (const { name, values } of single)
    if (values.length !== count)
      throw badField(name, `${name} has one value in each row, got ${values.length} for ${count}.`);
  return Array.from({ length: count }, (_, i) => {
    const own = Object.fromEntries(single.map(({ name, values }) => [name, values[i]]));
    const request: SampleRequest = { options: { ...options, ...own, count: 1 } as SampleOptions };
    if (!noise) return request;
    const per = noise.values.length / count;
    return { ...request, noise: Float32Array.from(noise.values.slice(i * per, (i + 1) * per) as number[]) };
  });
}

/** Draws the rows, those together that can share a batch. */
async function drawRows(
  { scheduler }: Context,
  { served, model }: { served: Served; model: AnyGenerator },
  rows: readonly SampleRequest[],
  signal: AbortSignal,
): Promise<Drawn[]> {
  const groups = new Map<string, number[]>();
  for (const [i, { options }] of rows.entries()) {
    const key = model.sharing(options);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  const drawn: Drawn[] = [];
  await Promise.all(
    Array.from(groups, async ([sharing, indices]) => {
      const requests = indices.map((i) => rows[i]);
      const found = await scheduler.draw(served, requests, { sharing, count: indices.length, signal });
      for (const [k, i] of indices.entries()) drawn[i] = found[k];
    }),
  );
  return drawn;
}

/** The drawn rows as tensors. */
function tensorsOf(drawn: readonly Drawn[]): OutputTensor[] {
  const [first] = drawn;
  if (first.kind === "image") {
    const data = new Float32Array(drawn.length * first.pixels.length);
    for (const [i, one] of drawn.entries()) if (one.kind === "image") data.set(one.pixels, i * first.pixels.length);
    const shape = [drawn.length, first.channels, first.height, first.width];
    return [{ name: "images", datatype: "FP32", shape, data }];
  }
  const texts = drawn.flatMap((one) => (one.kind === "text" ? one.strings : []));
  const tokens = drawn.flatMap((one) => (one.kind === "text" && one.tokens ? [...one.tokens] : []));
  return [
    { name: "text", datatype: "BYTES", shape: [texts.length], data: texts },
    {
      name: "tokens",
      datatype: "INT32",
      shape: [texts.length, tokens.length / texts.length],
      data: Int32Array.from(tokens),
    },
  ];
}

/** Answers with JSON and, where a tensor is wanted as bytes, these behind it. */
function answer(reply: FastifyReply, head: object, wanted: readonly Wanted[]) {
  const bytes = wanted.map(({ tensor, binary }) => (binary ? tensorBytes(tensor) : null));
  const outputs = wanted.map(({ tensor: { name, datatype, shape, data } }, i) => ({
    name,
    datatype,
    shape,
    ...(bytes[i] ? { parameters: { binary_data_size: bytes[i].length } } : { data: Array.from<number | string>(data) }),
  }));
  const json = Buffer.from(JSON.stringify({ ...head, outputs }));
  if (bytes.every((one) => one === null)) return reply.type("application/json; charset=utf-8").send(json);
  return reply
    .header(HEADER, String(json.length))
    .type("application/octet-stream")
    .send(Buffer.concat([json, ...bytes.filter((one) => one !== null)]));
}

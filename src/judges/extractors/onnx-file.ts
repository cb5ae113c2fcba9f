import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { InferenceSession } from "onnxruntime-web";
import { z } from "zod";
import { type CompileOptions, compile, compileOptions, releasable, resolveRuntime } from "../../runtime/index.js";
import { openSession, showValues } from "../../runtime/onnx-file.js";
import { Work } from "../../runtime/release.js";
import { constant, type Tensor } from "../../tensor/index.js";
import { type Extractor, gatherFeatures, type ImageSize, scaleRgb } from "./extractor.js";

const side = z.number().int().positive();
const perChannel = z.tuple([z.number(), z.number(), z.number()]);

/**
 * What `<file>.onnx.json` may say about a feature network. Images are scaled to `size`, then to `range`; the input is
 * (x − mean)/std per channel, in `order`.
 */
export const onnxDescription = z.strictObject({
  /** How reports call it; default the file's name. */
  name: z.string().min(1).optional(),
  /** Side in pixels, or [height, width]; needed only where the network leaves it open. */
  size: z.union([side, z.tuple([side, side])]).optional(),
  /** Values of black and white before `mean` and `std`. */
  range: z.tuple([z.number(), z.number()]).default([0, 1]),
  mean: perChannel.default([0, 0, 0]),
  std: perChannel.default([1, 1, 1]).refine((std) => std.every((s) => s > 0), "must be positive"),
  order: z.enum(["RGB", "BGR"]).default("RGB"),
  /** Default: by the axis of the input that has three entries. */
  layout: z.enum(["NCHW", "NHWC"]).optional(),
  /** Output to take as features; default the first float output of two axes. */
  output: z.string().optional(),
});
export type OnnxDescription = z.output<typeof onnxDescription>;

/** Images at a time where the network takes any number. */
const BATCH = 16;

/**
 * Any ONNX network as an extractor: one float32 image input [N, 3, H, W] or [N, H, W, 3] and an output [N, D]. A file
 * `<path>.json` beside it may describe it (`OnnxDescription`).
 * @throws where the file cannot be read, is no such network, or gives no features.
 */
export async function onnxExtractor(path: string, image: ImageSize, options: CompileOptions = {}): Promise<Extractor> {
  const description = await readDescription(path);
  const session = await openSession(path, options);
  try {
    const input = imageInput(path, session, description);
    const output = featureOutput(path, session, description);
    const runtime = await resolveRuntime(options.device);
    const { batch, height, width, layout } = input;
    const program = compile(
      { images: [batch, image.channels, image.height, image.width] },
      ({ images }) => ({ prepared: prepare(images, [height, width], layout, description) }),
      compileOptions(options),
    );
    const shape = layout === "NCHW" ? [batch, 3, height, width] : [batch, height, width, 3];
    const run = async (images: Float32Array) => {
      const { prepared } = await program.run({ images });
      const results = await session.run({ [input.name]: new runtime.ort.Tensor("float32", prepared, shape) }, [output]);
      return results[output];
    };
    const probe = await run(new Float32Array(batch * image.channels * image.height * image.width)).catch((error) => {
      throw new Error(`${path} does not run on images of [${shape}]: ${(error as Error).message}`, { cause: error });
    });
    const [rows, dim, ...rest] = probe.dims;
    if (rows !== batch || dim === undefined || rest.some((n) => n !== 1))
      throw new Error(
        `The output "${output}" of ${path} is [${probe.dims}] for ${batch} images; features are one vector per image.`,
      );
    const { name = basename(path), range, mean, std, order } = description;
    const work = new Work(name);
    return releasable({
      name,
      preprocessing: `scaled to ${width}×${height} (bilinear, antialiased), ${order} in ${range.join("..")}, less [${mean}], over [${std}]`,
      dim,
      batch,
      async extract(images: Float32Array, count: number, { signal }: { signal?: AbortSignal } = {}) {
        const values = async (part: Float32Array) => (await run(part)).data as Float32Array;
        const features = await gatherFeatures(images, { count, batch, dim, image }, values, { work, signal });
        return { features, logits: null };
      },
      async release() {
        await work.end();
        await program.release();
        await session.release();
      },
    });
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function readDescription(path: string): Promise<OnnxDescription> {
  const file = `${path}.json`;
  if (!existsSync(file)) return onnxDescription.parse({});
  try {
    return onnxDescription.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new Error(`${file} does not describe a feature network: ${reason}`, { cause: error });
  }
}

function imageInput(path: string, { inputMetadata }: InferenceSession, { size, layout }: OnnxDescription) {
  const [input, ...others] = inputMetadata;
  if (others.length > 0 || !input?.isTensor || input.type !== "float32" || input.shape.length !== 4)
    throw new Error(
      `${path} is no image network: it takes ${showValues(inputMetadata)} instead of one float32 input [N, 3, H, W] or [N, H, W, 3].`,
    );
  const [batch, second, , last] = input.shape;
  const found = layout ?? (second === 3 ? "NCHW" : last === 3 ? "NHWC" : undefined);
  if (!found)
    throw new Error(
      `The input ${showValues([input])} of ${path} has no axis of three channels; if it leaves them open, say "layout" in ${path}.json.`,
    );
  const [channels, ...own] =
    found === "NCHW" ? [1, 2, 3].map((i) => input.shape[i]) : [3, 1, 2].map((i) => input.shape[i]);
  if (typeof channels === "number" && channels !== 3)
    throw new Error(
      `The input ${showValues([input])} of ${path} has ${channels} channels in the layout ${found}, not 3.`,
    );
  const asked = typeof size === "number" ? [size, size] : size;
  const [height, width] = own.map((n, i) => {
    if (typeof n !== "number" && !asked)
      throw new Error(`${path} takes images of any size [${input.shape}]; say "size" in ${path}.json.`);
    if (typeof n === "number" && asked && asked[i] !== n)
      throw new Error(`${path}.json says size [${asked}], but the network takes [${own}].`);
    return typeof n === "number" ? n : asked![i];
  });
  return { name: input.name, batch: typeof batch === "number" ? batch : BATCH, height, width, layout: found };
}

function featureOutput(path: string, { outputMetadata }: InferenceSession, { output }: OnnxDescription): string {
  const isFloat = (v: InferenceSession.ValueMetadata) => v.isTensor && v.type === "float32";
  const found = output
    ? outputMetadata.find((v) => v.name === output && isFloat(v))
    : outputMetadata.find((v) => isFloat(v) && v.isTensor && v.shape.length === 2);
  if (found) return found.name;
  const problem = output ? `no float32 output "${output}"` : "no float32 output [N, D]";
  throw new Error(
    `${path} has ${problem}; it has ${showValues(outputMetadata)}. Name one as "output" in ${path}.json.`,
  );
}

/** Images [N, C, H, W] in [−1, 1] as the network takes them. */
function prepare(
  images: Tensor,
  size: readonly [number, number],
  layout: "NCHW" | "NHWC",
  { range: [low, high], mean, std, order }: OnnxDescription,
): Tensor {
  const factor = std.map((s) => (high - low) / 2 / s);
  const offset = std.map((s, c) => ((high + low) / 2 - mean[c]) / s);
  const rgb = scaleRgb(images, size);
  const ordered = order === "BGR" ? rgb.flip(1) : rgb;
  const normalised = ordered.mul(constant(factor, [3, 1, 1])).add(constant(offset, [3, 1, 1]));
  return layout === "NCHW" ? normalised : normalised.transpose([0, 2, 3, 1]);
}

import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import type { Channels } from "../io/channels.js";
import { faults } from "../io/faults.js";
import { show } from "../io/show.js";
import type { AnyGenerator, SampleOptions } from "../models/generator.js";
import type { Context } from "./context.js";
import { badField, tell } from "./errors.js";
import { type ServerEvent, sendEvents } from "./events.js";
import { loggable } from "./log.js";
import { type AnswerFormat, encodeEach } from "./pictures.js";
import type { DrawnStep, ImageBatch } from "./protocol.js";
import { type Asked, ask, clientSignal, objectOf, stillModelOf } from "./requests.js";
import { type Steps, stepsOf } from "./steps.js";

/** Fields of the OpenAI images API; whatever else a request holds are options of the model. */
export const openaiFields = z.looseObject({
  model: z.string().describe("name of a model; see /v1/models"),
  prompt: z.string().nullish().describe("name or number of a class; empty: all classes in turn"),
  n: z.int().min(1).nullish().describe("pictures"),
  size: z.string().nullish().describe("auto, or the model's own size times a whole number, such as 56x56"),
  response_format: z.literal("b64_json").nullish().describe("pictures are part of the answer; there are no addresses"),
  output_format: z.enum(["png", "webp", "jpeg"]).nullish().describe("format of the pictures; default png"),
  user: z.string().nullish().describe("taken and not used"),
  quality: z.enum(["auto", "standard"]).nullish(),
  background: z.enum(["auto", "transparent", "opaque"]).nullish().describe("transparent: of models with transparency"),
  moderation: z.literal("auto").nullish(),
  stream: z.boolean().nullish().describe("server-sent events with pictures on the way"),
  partial_images: z.int().min(0).max(3).nullish().describe("of a stream: pictures on the way"),
});
export type OpenaiFields = z.output<typeof openaiFields>;

/** Fields that the API has beside the model's own options. */
const OWN = ["model", "prompt", "n", "size", "response_format", "output_format", "user", "quality", "background"];
const CONTROL = ["moderation", "stream", "partial_images"];

/** The fields of a request and, apart from them, the options of the model. @throws HttpError that names the field */
export function readFields(body: Record<string, unknown>): { fields: OpenaiFields; options: SampleOptions } {
  const parsed = openaiFields.safeParse(body);
  if (!parsed.success) {
    const field = String(parsed.error.issues[0].path[0] ?? "");
    throw badField(field || null, `${faults(parsed.error, body)}.`);
  }
  const fields = parsed.data;
  const options = Object.fromEntries(
    Object.entries(body).filter(([name, value]) => ![...OWN, ...CONTROL].includes(name) && value !== undefined),
  );
  return { fields, options };
}

/** By how much a model's pictures are enlarged to have the size that is asked for. @throws HttpError */
export function scaleOf(size: string | null | undefined, { width, height }: { width: number; height: number }): number {
  if (size === undefined || size === null || size === "auto") return 1;
  const [, wide, high] = /^(\d{1,5})x(\d{1,5})$/.exec(size) ?? [];
  const scale = Number(wide) / width;
  if (
    Number.isInteger(scale) &&
    scale >= 1 &&
    Number(high) === height * scale &&
    Math.max(width, height) * scale <= LARGEST
  )
    return scale;
  const [two, ten] = [2, 10].map((factor) => `${width * factor}x${height * factor}`);
  throw badField(
    "size",
    `size must be auto or ${width}x${height} times a whole number, such as ${two} or ${ten}, at most ${LARGEST} wide; got ${show(size)}.`,
  );
}
const LARGEST = 4096;

/** Refuses a background that these pictures do not have. @throws HttpError */
export function checkBackground({ background, output_format }: OpenaiFields, channels: Channels): void {
  const transparent = channels === 4 && output_format !== "jpeg";
  if (background === "transparent" && !transparent)
    throw badField(
      "background",
      channels === 4
        ? "background is transparent, but a JPEG has none; take the output_format png or webp."
        : "background is transparent, but this model draws no transparency; leave it out.",
    );
  if (background === "opaque" && transparent)
    throw badField(
      "background",
      "background is opaque, but this model draws transparency; take the output_format jpeg, which has white there, " +
        "or leave it out.",
    );
}

/** A seed for who gives none: pictures differ each time, as clients of this API expect. */
export const anySeed = (): number => Math.floor(Math.random() * 2 ** 31);

/** The size of a model's pictures. @throws HttpError where it draws none */
export function imageOf(model: AnyGenerator): NonNullable<AnyGenerator["config"]["image"]> {
  if (model.config.image) return model.config.image;
  throw badField("model", `${model.config.name} draws text; ask for it at /v1/sample.`);
}

/** The answer of the images API. */
export async function imagesAnswer(
  drawn: ImageBatch,
  { format, scale, seed }: { format: AnswerFormat; scale: number; seed: number },
) {
  const files = await encodeEach(drawn, format, scale);
  return {
    created: Math.floor(Date.now() / 1e3),
    data: files.map((file) => ({ b64_json: Buffer.from(file).toString("base64") })),
    output_format: format,
    size: `${drawn.width * scale}x${drawn.height * scale}`,
    seed,
  };
}

/** `POST /v1/images/generations`, for clients of the OpenAI API. */
export async function generations(app: FastifyInstance, context: Context): Promise<void> {
  app.post("/v1/images/generations", async (request, reply) => {
    const { fields, options } = readFields(objectOf(request.body));
    const { prompt, n, stream, partial_images, output_format, size, model: name } = fields;
    const found = await stillModelOf(context.catalogue, name);
    const scale = scaleOf(size, imageOf(found.model));
    checkBackground(fields, imageOf(found.model).channels);
    if (options.count !== undefined) throw badField("count", "How many pictures there are is called n here.");
    if (prompt && options.label !== undefined)
      throw badField("label", "The class stands in prompt here; give only one.");
    const { seed = anySeed() } = options;
    const full = { ...options, seed, count: n ?? 1, ...(prompt && { label: prompt }) };
    const asked = ask(found, full, context.settings, "n");
    request.told = { model: asked.served.name, ...loggable({ ...full, prompt }, context.settings.logPrompts) };
    const format = output_format ?? "png";
    const answer = { format, scale, seed };
    if (partial_images && !stream) throw badField("partial_images", "partial_images are of a stream; set stream too.");
    if (stream)
      return streamed(await stepsOf(context, asked, clientSignal(reply)), partial_images ?? 0, asked, answer, reply);
    const [drawn] = await context.scheduler.draw(asked.served, [{ options: full }], {
      sharing: asked.model.sharing(full),
      count: asked.count,
      signal: clientSignal(reply),
    });
    return imagesAnswer(drawn as ImageBatch, answer);
  });
}

/** Pictures on the way, evenly spread over the steps, and the one at the end. */
async function streamed(
  steps: Steps,
  partial: number,
  { count }: Asked,
  answer: { format: AnswerFormat; scale: number; seed: number },
  reply: FastifyReply,
) {
  if (count !== 1) throw badField("n", "A stream has one picture; leave out n, or the stream.");
  async function* events(): AsyncGenerator<ServerEvent> {
    const wanted = (step: DrawnStep) =>
      Array.from({ length: partial }, (_, i) => Math.ceil(((i + 1) * step.steps) / (partial + 1))).includes(step.step);
    let index = 0;
    try {
      for await (const step of steps) {
        const last = step.step === step.steps;
        if (!last && !wanted(step)) continue;
        const { data, created, size, output_format, seed } = await imagesAnswer(step.output as ImageBatch, answer);
        const type = `image_generation.${last ? "completed" : "partial_image"}`;
        const common = { type, ...data[0], created_at: created, size, output_format, seed };
        yield { event: type, data: last ? common : { ...common, partial_image_index: index++ } };
      }
    } catch (error) {
      const { message, param } = tell(error);
      yield { event: "error", data: { type: "error", error: { message, param } } };
    }
  }
  return sendEvents(reply, events());
}

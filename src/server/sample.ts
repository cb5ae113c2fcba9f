import type { FastifyInstance, FastifyReply } from "fastify";
import { Motions } from "../media/motions.js";
import type { SampleOptions } from "../models/generator.js";
import { chosenType } from "./accept.js";
import type { Context } from "./context.js";
import { tell } from "./errors.js";
import { type ServerEvent, sendEvents } from "./events.js";
import { loggable } from "./log.js";
import { jointsOf, motionFields } from "./motion.js";
import { encodeAll, encodeEach, pictureTypes } from "./pictures.js";
import type { Drawn, ImageBatch, TextBatch } from "./protocol.js";
import { type Asked, ask, clientSignal, modelOf, objectOf } from "./requests.js";
import { stepsOf } from "./steps.js";

const PICTURES = Object.keys(pictureTypes) as (keyof typeof pictureTypes)[];
const OFFERED = {
  image: [...PICTURES, "application/json", "text/event-stream"],
  text: ["text/plain", "application/json", "text/event-stream"],
  motion: ["model/gltf-binary", "application/json", "text/event-stream"],
} as const;

/** `POST /v1/sample`: all options of a model, answered as the Accept header wishes. */
export async function sample(app: FastifyInstance, context: Context): Promise<void> {
  app.post("/v1/sample", async (request, reply) => {
    const { model: name, ...options } = objectOf(request.body);
    const found = await modelOf(context.catalogue, name);
    const asked = ask(found, options as SampleOptions, context.settings);
    request.told = { model: asked.served.name, ...loggable(options, context.settings.logPrompts) };
    const type = chosenType<string>(request.headers.accept, OFFERED[asked.model.kind]);
    reply.header("vary", "Accept");
    if (type === "text/event-stream") return streamed(context, asked, reply);
    const [drawn] = await context.scheduler.draw(asked.served, [{ options: asked.options }], {
      sharing: asked.model.sharing(asked.options),
      count: asked.count,
      signal: clientSignal(reply),
    });
    if (type === "application/json") return { ...headOf(asked), data: await dataOf(asked, drawn) };
    reply.type(type === "text/plain" ? "text/plain; charset=utf-8" : type);
    if (drawn.kind === "text") return textOf(drawn);
    if (drawn.kind === "motion") return Buffer.from(await new Motions(drawn.clips, drawn.prompts).toGlb());
    return Buffer.from(await encodeAll(picturesOf(drawn), pictureTypes[type as keyof typeof pictureTypes]));
  });
}

function picturesOf(drawn: Drawn): ImageBatch {
  if (drawn.kind !== "image") throw new Error(`A request for pictures was answered with "${drawn.kind}".`);
  return drawn;
}

const textOf = ({ strings, lines }: TextBatch): string => `${strings.join(lines ? "\n" : "\n\n")}\n`;

/** What an answer says of the whole request. */
const headOf = ({ served, model, options, evaluations }: Asked) => ({
  model: served.name,
  kind: model.kind,
  seed: options.seed ?? 0,
  evaluations,
});

/** Each sample: a picture as PNG in Base64 and its class, a text and its tokens, or a motion's numbers. */
async function dataOf({ model }: Asked, drawn: Drawn): Promise<object[]> {
  if (drawn.kind === "motion")
    return drawn.clips.map((clip, i) => ({
      prompt: drawn.prompts?.[i] || null,
      ...jointsOf(clip.skeleton),
      ...motionFields(clip, "numbers"),
    }));
  if (drawn.kind === "text") {
    const { strings, tokens } = drawn;
    const length = tokens ? tokens.length / strings.length : 0;
    return strings.map((text, i) => ({ text, tokens: tokens && [...tokens.subarray(i * length, (i + 1) * length)] }));
  }
  const pictures = picturesOf(drawn);
  const { labels } = pictures;
  return (await encodeEach(pictures, "png")).map((png, i) => ({
    b64_png: Buffer.from(png).toString("base64"),
    label: labels && model.classNames ? model.classNames[labels[i]] : null,
  }));
}

/** Answers step by step: events "step" and, at the end, "done" or "error". */
async function streamed(context: Context, asked: Asked, reply: FastifyReply) {
  const steps = await stepsOf(context, asked, clientSignal(reply));
  async function* events(): AsyncGenerator<ServerEvent> {
    try {
      for await (const { output, ...step } of steps)
        yield { event: "step", data: { ...step, data: await dataOf(asked, output) } };
      yield { event: "done", data: headOf(asked) };
    } catch (error) {
      const { message, param } = tell(error);
      yield { event: "error", data: { error: { message, param } } };
    }
  }
  return sendEvents(reply, events());
}

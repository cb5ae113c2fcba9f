import type { FastifyInstance, FastifyReply } from "fastify";
import type { SampleOptions } from "../models/generator.js";
import { chosenType } from "./accept.js";
import type { Context } from "./context.js";
import { badField, tell } from "./errors.js";
import { Channel, eventStream, type ServerEvent } from "./events.js";
import { loggable } from "./log.js";
import { encodeAll, encodeEach, pictureTypes } from "./pictures.js";
import type { Drawn, DrawnStep, TextBatch } from "./protocol.js";
import { type Asked, ask, clientSignal, modelOf } from "./requests.js";

const PICTURES = Object.keys(pictureTypes) as (keyof typeof pictureTypes)[];
const OFFERED = {
  image: [...PICTURES, "application/json", "text/event-stream"],
  text: ["text/plain", "application/json", "text/event-stream"],
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
    const drawn = await context.scheduler.draw(
      asked.served,
      { options: asked.options },
      { sharing: asked.model.sharing(asked.options), count: asked.count, signal: clientSignal(reply) },
    );
    if (type === "application/json") return { ...headOf(asked), data: await dataOf(asked, drawn) };
    reply.type(type === "text/plain" ? "text/plain; charset=utf-8" : type);
    if (drawn.kind === "text") return textOf(drawn);
    return Buffer.from(await encodeAll(drawn, pictureTypes[type as keyof typeof pictureTypes]));
  });
}

/** A body that is an object. */
export function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw badField(null, "The body must be a JSON object.");
}

const textOf = ({ strings, lines }: TextBatch): string => `${strings.join(lines ? "\n" : "\n\n")}\n`;

/** What an answer says of the whole request. */
const headOf = ({ served, model, options, evaluations }: Asked) => ({
  model: served.name,
  kind: model.kind,
  seed: options.seed ?? 0,
  evaluations,
});

/** Each sample: a picture as PNG in Base64 and its class, or a text and its tokens. */
async function dataOf({ model }: Asked, drawn: Drawn): Promise<object[]> {
  if (drawn.kind === "text") {
    const { strings, tokens } = drawn;
    const length = tokens ? tokens.length / strings.length : 0;
    return strings.map((text, i) => ({ text, tokens: tokens && [...tokens.subarray(i * length, (i + 1) * length)] }));
  }
  const { labels } = drawn;
  return (await encodeEach(drawn, "png")).map((png, i) => ({
    b64_png: Buffer.from(png).toString("base64"),
    label: labels && model.classNames ? model.classNames[labels[i]] : null,
  }));
}

/** Answers step by step: events "step" and, at the end, "done" or "error". Drawn alone, not in a shared batch. */
async function streamed({ scheduler }: Context, asked: Asked, reply: FastifyReply) {
  const steps = new Channel<DrawnStep>();
  const { served: place, options, count } = asked;
  const work = scheduler.alone(
    { type: "stream", place, request: { options } },
    { count, signal: clientSignal(reply), onStep: (step) => steps.push(step) },
  );
  work.then(
    () => steps.end(),
    (error) => steps.end(error),
  );
  const reading = steps[Symbol.asyncIterator]();
  const first = await reading.next(); // what is refused is answered with a status
  async function* events(): AsyncGenerator<ServerEvent> {
    try {
      for (let next = first; !next.done; next = await reading.next()) {
        const { output, ...step } = next.value;
        yield { event: "step", data: { ...step, data: await dataOf(asked, output) } };
      }
      yield { event: "done", data: headOf(asked) };
    } catch (error) {
      const { message, param } = tell(error);
      yield { event: "error", data: { error: { message, param } } };
    }
  }
  return reply
    .headers({ "cache-control": "no-store", "x-accel-buffering": "no" })
    .type("text/event-stream; charset=utf-8")
    .send(eventStream(events()));
}

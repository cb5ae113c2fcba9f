import multipart from "@fastify/multipart";
import type { FastifyInstance } from "fastify";
import { joinImages } from "../media/images.js";
import type { Edit } from "../models/edits.js";
import type { AnyGenerator } from "../models/generator.js";
import { optionInfos, parseOptions } from "../models/options.js";
import type { Context } from "./context.js";
import { badField } from "./errors.js";
import { type Form, fromText, readForm, readMask, readPicture } from "./form.js";
import { loggable } from "./log.js";
import { anySeed, checkBackground, imageOf, imagesAnswer, readFields, scaleOf } from "./openai.js";
import type { ImageBatch } from "./protocol.js";
import { clientSignal, stillModelOf } from "./requests.js";

/** Pictures that an edit takes at most. */
const MOST_PICTURES = 16;

/**
 * `POST /v1/images/edits`, for clients of the OpenAI API: a form with `image` (one, or several), `mask`, `prompt` (a
 * class) and, beside the API's own fields, `edit` (which of the model's; default: inpaint with a mask, else vary),
 * `resize` and the edit's options.
 */
export async function edits(app: FastifyInstance, context: Context): Promise<void> {
  const { settings, catalogue, scheduler } = context;
  const limits = { fileSize: settings.maxBody, files: MOST_PICTURES + 1, fields: 64, fieldSize: 65_536, parts: 128 };
  await app.register(multipart, { limits });

  app.post("/v1/images/edits", async (request, reply) => {
    const form = await readForm(request);
    const { edit: verb = form.files.some(({ field }) => field === "mask") ? "inpaint" : "vary", ...given } =
      form.fields;
    const { resize = "false", ...rest } = given;
    if (resize !== "true" && resize !== "false")
      throw badField("resize", `resize must be true or false, got "${resize}".`);
    const { n, stream, ...texts } = rest;
    if (stream !== undefined && stream !== "false") throw badField("stream", "Edits are not streamed; leave it out.");
    const { fields, options: others } = readFields({ ...texts, ...(n !== undefined && { n: Number(n) }) });
    const found = await stillModelOf(catalogue, fields.model);
    const size = imageOf(found.model);
    checkBackground(fields, size.channels);
    const edit = editOf(found.model, verb);
    const infos = optionInfos(edit.options);
    const options: Record<string, unknown> = Object.fromEntries(
      Object.entries(others).map(([name, text]) => [
        name,
        Object.hasOwn(infos, name) ? fromText(infos[name], String(text)) : text,
      ]),
    );
    if (fields.prompt) {
      if (!Object.hasOwn(infos, "label")) throw badField("prompt", `${verb} takes no class; leave the prompt empty.`);
      options.label = fields.prompt;
    }
    const counts = verb === "vary";
    if (fields.n && counts) options.count = fields.n;
    else if (counts) options.count ??= 1;
    else if (fields.n && fields.n !== 1) throw badField("n", `${verb} gives one picture for each; leave out n.`);
    if (Object.hasOwn(infos, "seed")) options.seed ??= anySeed();
    const parsed = parseOptions(edit.options, options, `${found.served.name}'s ${verb}`) as Record<string, number>;
    if ((parsed.count ?? 1) > settings.maxCount)
      throw badField("n", `n must be at most ${settings.maxCount} on this server, got ${parsed.count}.`);
    const scale = scaleOf(fields.size, size);
    const input = await inputOf(form, edit, verb, size, resize === "true");
    request.told = { model: found.served.name, edit: verb, ...loggable(options, settings.logPrompts) };
    const [drawn] = await scheduler.alone(
      { type: "edit", place: found.served, verb, options, ...input },
      { count: input.pictures.count, signal: clientSignal(reply) },
    );
    const { seed } = parsed;
    return imagesAnswer(drawn as ImageBatch, { format: fields.output_format ?? "png", scale, seed });
  });
}

/** The model's edit of that name, if it can be done with what a request holds. @throws HttpError */
function editOf(model: AnyGenerator, verb: string): Edit {
  const own = (model.kind === "image" && model.edits) || {};
  const usable = Object.keys(own).filter(
    (name) =>
      own[name].gives === "pictures" && own[name].takes.every((one) => ["pictures", "pair", "mask"].includes(one)),
  );
  if (usable.includes(verb)) return own[verb];
  const { name } = model.config;
  if (usable.length === 0) throw badField("model", `${name} edits no pictures here; sphere models do.`);
  throw badField("edit", `${name} has no edit "${verb}" here; it has ${usable.join(", ")}.`);
}

/** The pictures and the mask of a form, as many as the edit takes. */
async function inputOf(form: Form, { takes }: Edit, verb: string, size: ReturnType<typeof imageOf>, resize: boolean) {
  const of = (name: string) => form.files.filter(({ field }) => field === name);
  const other = form.files.find(({ field }) => field !== "image" && field !== "mask");
  if (other) throw badField(other.field, `There is no file ${other.field}; there are image and mask.`);
  const [images, masks] = [of("image"), of("mask")];
  const wanted = takes.includes("pair") ? 2 : 1;
  if (wanted === 2 ? images.length !== 2 : images.length < 1 || images.length > MOST_PICTURES)
    throw badField(
      "image",
      `${verb} takes ${wanted === 2 ? "two pictures" : `1 to ${MOST_PICTURES} pictures`} as image, got ${images.length}.`,
    );
  if (masks.length !== (takes.includes("mask") ? 1 : 0))
    throw badField("mask", `${verb} takes ${takes.includes("mask") ? "one mask" : "no mask"}, got ${masks.length}.`);
  const read = await Promise.all(images.map(({ bytes }) => readPicture(bytes, "image", size, resize)));
  const { pixels, count, channels, height, width } = joinImages(read);
  const pictures: ImageBatch = { kind: "image", pixels, count, channels, height, width, labels: null };
  return { pictures, ...(masks.length > 0 && { mask: await readMask(masks[0].bytes, size, resize) }) };
}

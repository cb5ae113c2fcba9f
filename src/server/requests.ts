import type { FastifyReply } from "fastify";
import type { AnyGenerator, ImageGenerator, SampleOptions, TextGenerator } from "../models/generator.js";
import { parseOptions } from "../models/options.js";
import type { Catalogue, Served } from "./catalogue.js";
import { badField } from "./errors.js";
import type { Settings } from "./options.js";

/** A signal that aborts when the client goes away before its answer is complete. */
export function clientSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const gone = () => controller.abort(new DOMException("The client has gone away.", "AbortError"));
  if (raw.destroyed) gone();
  else raw.once("close", () => raw.writableFinished || gone());
  return controller.signal;
}

/** What the protocols of others can ask for: they have no motions. */
export type ServedGenerator = ImageGenerator | TextGenerator;
/** Generators that need nothing but a request. */
export type ServableGenerator = Exclude<AnyGenerator, { kind: "gesture" }>;

/** A model, and what it is asked for, checked. */
export interface Asked<M extends ServableGenerator = ServableGenerator> {
  readonly served: Served;
  readonly model: M;
  readonly options: SampleOptions;
  readonly count: number;
  /** Network evaluations of each sample. */
  readonly evaluations: number;
}

/** A body that is an object. */
export function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw badField(null, "The body must be a JSON object.");
}

/** The model of that name, of any kind. @throws HttpError that names the field `model` */
export async function anyModelOf(
  catalogue: Catalogue,
  name: unknown,
): Promise<{ served: Served; model: AnyGenerator }> {
  if (typeof name !== "string" || name === "")
    throw badField("model", "model must be the name of a model; see /v1/models.");
  const served = await catalogue.find(name);
  return { served, model: await catalogue.describe(served) };
}

/** The model of that name, which draws by a request alone. @throws HttpError that names the field `model` */
export async function modelOf(
  catalogue: Catalogue,
  name: unknown,
): Promise<{ served: Served; model: ServableGenerator }> {
  const { served, model } = await anyModelOf(catalogue, name);
  if (model.kind !== "gesture") return { served, model };
  throw badField(
    "model",
    `${served.name} draws to two voices, which a request cannot hold; open a session at /v1/gesture/live, or use fewstep sample.`,
  );
}

/** The model of that name, which draws pictures or texts. @throws HttpError that names the field `model` */
export async function stillModelOf(
  catalogue: Catalogue,
  name: unknown,
): Promise<{ served: Served; model: ServedGenerator }> {
  const { served, model } = await modelOf(catalogue, name);
  if (model.kind !== "motion") return { served, model };
  throw badField("model", `${served.name} draws motions, which this protocol does not know; ask at /v1/sample.`);
}

/** Checks options against the model's own schema, and against the limits. @throws OptionError, HttpError 400 */
export function ask<M extends ServableGenerator>(
  { served, model }: { served: Served; model: M },
  options: SampleOptions,
  { maxCount, maxEvaluations }: Pick<Settings, "maxCount" | "maxEvaluations">,
  countField = "count",
): Asked<M> {
  const { count } = parseOptions(model.options, options, served.name) as { count: number };
  if (count > maxCount)
    throw badField(
      countField,
      `${countField} must be at most ${maxCount} on this server, got ${count}; ask several times.`,
    );
  const evaluations = model.cost(options);
  if (evaluations > maxEvaluations)
    throw badField(
      "steps",
      `This takes ${evaluations} network evaluations a sample, and this server allows ${maxEvaluations}; take fewer steps.`,
    );
  return { served, model, options, count, evaluations };
}

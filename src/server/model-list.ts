import type { FastifyInstance } from "fastify";
import { optionInfos } from "../models/options.js";
import type { Catalogue, Served } from "./catalogue.js";
import type { Context } from "./context.js";
import { LIVE } from "./live.js";

/** A model as the OpenAI API lists it, with what this server knows of it beside that. */
async function describe(catalogue: Catalogue, served: Served) {
  const model = await catalogue.describe(served);
  const { name, config } = served;
  const edits = (model.kind === "image" && model.edits) || {};
  return {
    id: name,
    object: "model",
    created: Math.floor(Number.parseInt(served.version, 36) / 1e3),
    owned_by: "fewstep",
    kind: model.kind,
    method: config.method,
    image: config.image ?? null,
    classNames: config.classNames,
    options: optionInfos(model.options),
    ...((model.kind === "motion" || model.kind === "gesture") && {
      fps: model.fps,
      live: model.sessionOptions && { address: LIVE[model.kind], options: optionInfos(model.sessionOptions) },
    }),
    edits: Object.fromEntries(
      Object.entries(edits).map(([verb, { summary, takes, gives, options }]) => [
        verb,
        { summary, takes, gives, options: optionInfos(options) },
      ]),
    ),
  };
}

/** The models and what each can be asked for, in the shape of the OpenAI API. */
export async function modelList(app: FastifyInstance, { catalogue }: Context): Promise<void> {
  app.get("/v1/models", async () => ({
    object: "list",
    data: await Promise.all((await catalogue.list()).map((served) => describe(catalogue, served))),
  }));
  app.get<{ Params: { model: string } }>("/v1/models/:model", async ({ params }) =>
    describe(catalogue, await catalogue.find(params.model)),
  );
}

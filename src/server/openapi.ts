import { readFileSync } from "node:fs";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Context } from "./context.js";
import { LIVE } from "./live.js";
import { openaiFields } from "./openai.js";

const version: string = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;

type Schema = Record<string, unknown>;

/** A schema of what is sent; what JSON cannot say of it, errors do. */
const schemaOf = (schema: z.ZodType): Schema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
};

const json = (schema: Schema) => ({ "application/json": { schema } });
const picture = { schema: { type: "string", contentMediaType: "image/png" } };
const object = { type: "object" };
const errors = {
  default: {
    description: "What was wrong, in which field, and what to do; 429 and 503 say when to try again.",
    content: json({ $ref: "#/components/schemas/Error" }),
  },
};
const ok = (description: string, content: object) => ({ responses: { 200: { description, content }, ...errors } });
const path = (name: string) => ({ name, in: "path", required: true, schema: { type: "string", minLength: 1 } });
const body = (content: object) => ({ requestBody: { required: true, content } });

/** The server's addresses, and what each model that it has at its start can be asked for. */
async function documentOf({ catalogue, settings }: Context) {
  const models = await catalogue.list();
  const requests = await Promise.all(
    models.map(async (served): Promise<Schema> => {
      const {
        properties,
        required = [],
        ...schema
      } = schemaOf((await catalogue.describe(served)).options) as {
        properties: Schema;
        required?: string[];
      };
      return {
        title: served.name,
        ...schema,
        properties: { model: { const: served.name }, ...properties },
        required: ["model", ...required],
      };
    }),
  );
  const names = models.map(({ name }) => name);
  const fields = schemaOf(openaiFields) as { properties: Schema; required?: string[] };
  const generation = { ...fields, properties: { ...fields.properties, model: { type: "string", enum: names } } };
  const file = { type: "string", contentMediaType: "application/octet-stream" };
  const form = {
    type: "object",
    properties: {
      ...generation.properties,
      image: { anyOf: [file, { type: "array", items: file }], description: "one picture, or several" },
      mask: {
        ...file,
        description: "transparent (or, where nothing is transparent, white) where pixels are filled in",
      },
      edit: { type: "string", description: "which of the model's edits; default inpaint with a mask, else vary" },
      resize: { type: "string", enum: ["true", "false"], description: "scales pictures to the model's size" },
    },
    required: ["model", "image"],
  };
  const tensor = {
    type: "object",
    properties: {
      name: { type: "string" },
      datatype: { type: "string" },
      shape: { type: "array", items: { type: "integer" } },
      data: { type: "array" },
      parameters: object,
    },
    required: ["name"],
  };
  const inference = {
    type: "object",
    properties: {
      id: { type: "string" },
      parameters: { type: "object", description: "further options of the model" },
      inputs: { type: "array", items: tensor },
      outputs: { type: "array", items: object },
    },
    required: ["inputs"],
  };
  return {
    openapi: "3.1.0",
    info: {
      title: "fewstep",
      version,
      description:
        "One-step and few-step generative models. Models of folders may be added while the server runs; /v1/models lists them.",
    },
    ...(settings.token !== undefined && { security: [{ token: [] }] }),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: {
        Error: {
          type: "object",
          properties: {
            error: {
              anyOf: [
                { type: "string" },
                {
                  type: "object",
                  properties: {
                    message: { type: "string" },
                    type: { type: "string" },
                    param: { type: ["string", "null"] },
                    code: { type: ["string", "null"] },
                  },
                  required: ["message"],
                },
              ],
            },
          },
          required: ["error"],
        },
      },
    },
    paths: {
      "/v1/sample": {
        post: {
          summary: "Draws with all options of a model; Accept says what the answer is.",
          ...body(json({ anyOf: requests })),
          ...ok("The samples.", {
            "image/png": picture,
            "image/webp": picture,
            "image/jpeg": picture,
            "text/plain": { schema: { type: "string" } },
            "text/event-stream": { schema: { type: "string" } },
            "model/gltf-binary": { schema: { type: "string", contentMediaType: "model/gltf-binary" } },
            ...json(object),
          }),
        },
      },
      [LIVE.motion]: {
        get: {
          summary: "A WebSocket: a motion that goes on as long as its client asks for more.",
          description:
            'Messages are JSON text: {"type": "open", …options}, {"type": "next", "blocks": 1}, {"type": "say", "text": "…"}, ' +
            '{"type": "guidance", "value": 2} and {"type": "close"}. Answers are opened, block and error.',
          parameters: [{ name: "model", in: "query", required: true, schema: { type: "string" } }],
          responses: { 101: { description: "The connection is made." }, ...errors },
        },
      },
      [LIVE.gesture]: {
        get: {
          summary: "A WebSocket: two people who talk, moved to their voices as these come.",
          description:
            'Messages are JSON text: {"type": "open", …options}, {"type": "push", "first": "…", "second": "…"} with samples at ' +
            '16 kHz, {"type": "next", "blocks": 1}, {"type": "change", …options} and {"type": "close"}. Answers are opened, ' +
            "block and error.",
          parameters: [{ name: "model", in: "query", required: true, schema: { type: "string" } }],
          responses: { 101: { description: "The connection is made." }, ...errors },
        },
      },
      "/v1/images/generations": {
        post: {
          summary: "The OpenAI images API; further fields are options of the model.",
          ...body(json(generation)),
          ...ok("The pictures.", { ...json(object), "text/event-stream": { schema: { type: "string" } } }),
        },
      },
      "/v1/images/edits": {
        post: {
          summary: "The OpenAI images API: edits of pictures; further fields are options of the edit.",
          ...body({ "multipart/form-data": { schema: form } }),
          ...ok("The pictures.", json(object)),
        },
      },
      "/v1/models": {
        get: { summary: "The models, and what each can be asked for.", ...ok("The models.", json(object)) },
      },
      "/v1/models/{model}": {
        get: { summary: "One model.", parameters: [path("model")], ...ok("The model.", json(object)) },
      },
      "/v2": { get: { summary: "Open Inference Protocol: the server.", ...ok("The server.", json(object)) } },
      "/v2/health/live": { get: { summary: "Whether it is up.", ...ok("It is.", json(object)) } },
      "/v2/health/ready": { get: { summary: "Whether it can draw.", ...ok("It can.", json(object)) } },
      "/v2/models/{name}": {
        get: { summary: "A model's tensors.", parameters: [path("name")], ...ok("The tensors.", json(object)) },
      },
      "/v2/models/{name}/ready": {
        get: { summary: "Whether a model is there.", parameters: [path("name")], ...ok("It is.", json(object)) },
      },
      "/v2/models/{name}/infer": {
        post: {
          summary: "Draws: seed or noise, label and guidance as tensors, one row for each sample.",
          parameters: [path("name")],
          ...body(json(inference)),
          ...ok("The samples as tensors.", {
            ...json(object),
            "application/octet-stream": { schema: { type: "string", contentMediaType: "application/octet-stream" } },
          }),
        },
      },
      "/models/index.json": {
        get: {
          summary: "The models' descriptions and measurements.",
          ...ok("A list.", json({ type: "array", items: object })),
        },
      },
      "/models/{name}/{file}": {
        get: {
          summary: "A file of a model: config.json, model.safetensors, README.md, metrics.json or samples.png.",
          parameters: [path("name"), path("file")],
          ...ok("The file.", { "*/*": { schema: {} } }),
        },
      },
      "/healthz": { get: { summary: "Whether the server is up.", ...ok("It is.", json(object)) } },
      "/readyz": { get: { summary: "Whether it can draw.", ...ok("It can.", json(object)) } },
      "/metrics": {
        get: { summary: "For Prometheus.", ...ok("Metrics.", { "text/plain": { schema: { type: "string" } } }) },
      },
    },
  };
}

/** `/openapi.json`, and the same to read and to try at `/docs`. */
export async function openapi(app: FastifyInstance, context: Context): Promise<void> {
  const document = await documentOf(context);
  await app.register(swagger, { mode: "static", specification: { document: document as never } });
  await app.register(swaggerUi, { routePrefix: "/docs", uiConfig: { validatorUrl: null } });
  app.get("/openapi.json", async () => document);
}

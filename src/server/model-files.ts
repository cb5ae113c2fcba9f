import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { BLOCK_TYPES } from "../io/blocks.js";
import type { Channels } from "../io/channels.js";
import { show } from "../io/show.js";
import { methodOf } from "../methods/registry.js";
import { weightsFile } from "../models/config.js";
import { shippedModelsFolder } from "../models/files.js";
import type { Kind } from "../models/generator.js";
import type { Catalogue, Served } from "./catalogue.js";
import { HttpError } from "./errors.js";

/** A model in the list `/models/index.json`. */
export interface ModelEntry {
  readonly name: string;
  /** Another one where a file has changed. */
  readonly version: string;
  /** What it draws; null of a judge of texts, and of what answers questions. */
  readonly kind: Kind | null;
  readonly method: string;
  /** Whether `loadModel` and the command line know it by its name; others they find by their folder. */
  readonly shipped: boolean;
  /** One sentence: the first of its model card, else its method's. */
  readonly summary: string;
  /** Of model.safetensors. */
  readonly bytes: number;
  readonly classNames: readonly string[] | null;
  readonly image: { readonly height: number; readonly width: number; readonly channels: Channels } | null;
  readonly text: { readonly lines: boolean } | null;
  /** Of the data that it was trained on; null where none is stated. */
  readonly license: string | null;
  /** What metrics.json says of it; null without one. */
  readonly metrics: unknown;
}

/** Files of a model that are served, and their types. */
const FILES: Readonly<Record<string, string>> = {
  "config.json": "application/json; charset=utf-8",
  ...Object.fromEntries([undefined, ...BLOCK_TYPES].map((dtype) => [weightsFile(dtype), "application/octet-stream"])),
  "README.md": "text/markdown; charset=utf-8",
  "metrics.json": "application/json; charset=utf-8",
  "samples.png": "image/png",
  "neighbours.png": "image/png",
};
export const MODEL_FILES: readonly string[] = Object.keys(FILES);

/**
 * Serves `/models/index.json` and the files of each model, for pages that draw by themselves. Answers may be kept, and
 * are asked for anew by their ETag each time.
 */
export async function modelFiles(app: FastifyInstance, { catalogue }: { catalogue: Catalogue }): Promise<void> {
  await app.register(fastifyStatic, { serve: false, root: import.meta.dirname, cacheControl: false });

  app.get("/models/index.json", async (request, reply) => {
    const body = JSON.stringify(await modelEntries(catalogue));
    const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
    reply.headers({ etag, ...REVALIDATED }).type("application/json; charset=utf-8");
    if (request.headers["if-none-match"] === etag) return reply.code(304).send();
    return reply.send(body);
  });

  app.get<{ Params: { name: string; file: string } }>("/models/:name/:file", async (request, reply) => {
    const { name, file } = request.params;
    if (!Object.hasOwn(FILES, file))
      throw new HttpError(404, `A model has no such file here; there are ${Object.keys(FILES).join(", ")}.`);
    const { folder } = await catalogue.any(name);
    const path = await realpath(join(folder, file)).catch(() => null);
    if (!path?.startsWith(folder + sep) || !(await stat(path)).isFile())
      throw new HttpError(404, `The model ${show(name)} has no ${file}.`);
    return reply.headers(REVALIDATED).type(FILES[file]).sendFile(file, folder);
  });
}

/** Kept, and asked for anew each time. */
const REVALIDATED = { "cache-control": "no-cache" };

/** What the list says of each model. */
export const modelEntries = async (catalogue: Catalogue): Promise<ModelEntry[]> =>
  Promise.all((await catalogue.all()).map(entryOf));

async function entryOf({ name, folder, config, kind, version }: Served): Promise<ModelEntry> {
  const { method, classNames, image, text, training } = config;
  const { licence, license = licence } = training;
  return {
    name,
    version,
    kind,
    method,
    shipped: await isShipped(folder),
    summary: (await firstSentence(join(folder, "README.md"))) ?? methodOf(method)!.summary,
    bytes: (await stat(join(folder, weightsFile()))).size,
    classNames,
    image: image ?? null,
    text: text ? { lines: text.lines } : null,
    license: typeof license === "string" ? license : null,
    metrics: await readFile(join(folder, "metrics.json"), "utf8")
      .then((found) => JSON.parse(found))
      .catch(() => null),
  };
}

async function isShipped(folder: string): Promise<boolean> {
  const shipped = await shippedModelsFolder();
  return shipped !== null && dirname(folder) === (await realpath(shipped));
}

/** The first paragraph of a model card that is no heading; null without one. */
async function firstSentence(path: string): Promise<string | null> {
  const lines = (await readFile(path, "utf8").catch(() => "")).split("\n").map((line) => line.trim());
  return lines.find((line) => line !== "" && !/^[#!<-]/.test(line)) ?? null;
}

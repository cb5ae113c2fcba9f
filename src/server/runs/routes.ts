import { createReadStream } from "node:fs";
import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { listDatasets } from "../../data/index.js";
import { WrongUse } from "../../io/wrong-use.js";
import { HttpError } from "../errors.js";
import type { Watch } from "./events.js";
import { methodForms } from "./form.js";
import { fileOf } from "./names.js";
import { type Program, runCommand } from "./process.js";
import { checkArguments, checkRequest, improveRequest, parsed, resumeRequest, trainRequest } from "./request.js";
import type { Runs } from "./runs.js";

interface Named {
  Params: { name: string };
}

/** A report holds scripts and whatever names its run has: it is shown apart from the page, and reaches nothing. */
const REPORT_POLICY =
  "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
const TYPES: Readonly<Record<string, string>> = { png: "image/png", txt: "text/plain; charset=utf-8" };

/** `/api/runs…`: what there is, and what can be done with it. */
export function runRoutes(app: FastifyInstance, runs: Runs, watch: Watch): void {
  /** Does something with a run, and answers what it is then. */
  const change = (path: string, act: (name: string, body: unknown) => Promise<void>) =>
    app.post<Named>(`/api/runs/:name/${path}`, async ({ params: { name }, body }) => {
      await act(name, body);
      await runs.tend();
      return runs.find(name);
    });

  app.get("/api/runs", async () => ({ folder: runs.root, runs: await runs.list() }));
  addEvents(app, watch);
  app.get<Named>("/api/runs/:name", ({ params: { name } }) => runs.find(name));
  app.get<{ Params: { name: string; file: string } }>("/api/runs/:name/samples/:file", async ({ params }, reply) => {
    const { name, file } = params;
    const type = /^\d{8,}-[\w-]+\.(png|txt)$/.exec(file)?.[1];
    const path = type ? await fileOf(await runs.folder(name), "samples", file) : null;
    if (!type || !path) throw new HttpError(404, `The run "${name}" has no such sample sheet.`);
    return reply.type(TYPES[type]).header("cache-control", "no-cache").send(createReadStream(path));
  });
  app.get<Named>("/api/runs/:name/report.html", async ({ params: { name } }, reply) => {
    const path = await fileOf(await runs.folder(name), "report.html");
    if (!path) throw new HttpError(404, `The run "${name}" has no report yet; it is written when a training ends.`);
    reply.headers({ "content-security-policy": REPORT_POLICY, "cache-control": "no-cache" });
    return reply.type("text/html; charset=utf-8").send(createReadStream(path));
  });

  app.post("/api/runs", async ({ body }, reply) => {
    const request = parsed(trainRequest, body, "A training");
    await runs.add(request);
    await runs.tend();
    return reply.code(201).send(await runs.find(request.name));
  });
  app.post("/api/improvements", async ({ body }, reply) => {
    const request = parsed(improveRequest, body, "An improvement");
    await runs.improve(request);
    await runs.tend();
    return reply.code(201).send(await runs.find(request.name));
  });
  change("pause", (name) => runs.pause(name));
  change("resume", (name, body) => runs.resume(name, parsed(resumeRequest, body ?? {}, "To go on with a run").set));
  change("stop", (name) => runs.stop(name));
  change("move", (name, body) =>
    runs.move(name, parsed(z.strictObject({ place: z.int().min(1) }), body, "A place in the queue").place),
  );
  app.delete<Named>("/api/runs/:name", async ({ params: { name } }, reply) => {
    await runs.remove(name);
    return reply.code(204).send();
  });
}

/** Server-sent events: the whole list, whenever something in it has changed. */
function addEvents(app: FastifyInstance, watch: Watch): void {
  const open = new Set<ServerResponse>();
  app.get("/api/runs/events", async (_request, reply) => {
    reply.hijack();
    const { raw } = reply;
    open.add(raw);
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    });
    raw.write("retry: 2000\n\n");
    const end = watch.listen((list) => void raw.write(`event: runs\ndata: ${JSON.stringify(list)}\n\n`));
    const beat = setInterval(() => raw.write(": still here\n\n"), 15_000);
    raw.once("close", () => {
      open.delete(raw);
      clearInterval(beat);
      end();
    });
  });
  app.addHook("preClose", async () => open.forEach((raw) => void raw.end()));
}

/** `/api/methods` and `/api/data…`: what a form for a new training needs. */
export function formRoutes(app: FastifyInstance, program: Program): void {
  app.get("/api/methods", async () => methodForms());
  app.get("/api/data", async () => listDatasets());
  app.get("/api/data/check", async (request, reply) => {
    const asked = parsed(checkRequest, request.query, "A check of data");
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const { code, stdout, stderr } = await runCommand(program, checkArguments(asked), gone.signal);
    if (code === 0) return JSON.parse(stdout);
    throw new WrongUse(
      stderr
        .split("\n")
        .find((line) => line.startsWith("fewstep: "))
        ?.slice(9) ?? stderr.trim(),
    );
  });
}

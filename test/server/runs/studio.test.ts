import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import Fastify from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addErrors } from "../../../src/server/errors.js";
import type { RunDetail, RunSummary } from "../../../src/server/runs/index.js";
import { studioPage } from "../../../src/server/studio.js";
import { ended, main, type Studio, startStudio } from "./serving.js";

// The built command line serves the studio and trains, as it does for people.
const root = mkdtempSync(join(tmpdir(), "fewstep-studio-"));
const runs = join(root, "runs");
const text = join(root, "text.txt");

let studio: Studio;

async function api<T>(path: string, method = "GET", body?: unknown): Promise<{ status: number; answer: T }> {
  const response = await fetch(`${studio.address}/api/${path}`, {
    method,
    headers: { "x-fewstep-token": studio.token, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = response.status === 204 ? null : await response.json();
  return { status: response.status, answer: answer as T };
}
const detail = async (name: string) => (await api<RunDetail>(`runs/${name}`)).answer;
const list = async () => (await api<{ runs: RunSummary[] }>("runs")).answer.runs;

/** Waits for a run to be so. */
async function until(name: string, so: (run: RunDetail) => boolean): Promise<RunDetail> {
  for (;;) {
    const run = await detail(name);
    if (so(run)) return run;
    if (run.state === "failed") throw new Error(`${name} failed: ${run.error}`);
    await setTimeout(100);
  }
}

/** A small judge of text: one stage of so many steps. */
const training = (name: string, steps: number) => ({
  ...{ name, method: "language-model", data: text, threads: 1, device: "cpu" },
  set: { length: 16, width: 32, heads: 2, blocks: 1, batch: 8, steps },
});
/** A small model of text: one stage of twelve steps, and a page of samples. */
const drawing = (name: string) => ({
  ...{ name, method: "discrete", data: text, threads: 1 },
  set: {
    ...{ length: 16, "training.batch": 8, "training.steps": 12 },
    network: { kind: "transformer", width: 32, heads: 2, blocks: 1, condition: 32, tied: false },
  },
});
const steps = (name: string) =>
  readFileSync(join(runs, name, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).step);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const message = (answer: unknown) => (answer as { error: { message: string } }).error.message;

beforeAll(async () => {
  writeFileSync(text, "the cat sat on the mat and the dog ran off ".repeat(100));
  studio = await startStudio(root, runs);
});
afterAll(async () => {
  for (const { name, state } of await list()) if (state === "running") await api(`runs/${name}/stop`, "POST", {});
  await ended(studio.process, "SIGTERM");
  rmSync(root, { recursive: true, force: true });
});

test("a training is started, seen and finished; events tell of it", async () => {
  const stop = new AbortController();
  const events = await fetch(`${studio.address}/api/runs/events`, {
    headers: { "x-fewstep-token": studio.token },
    signal: stop.signal,
  });
  const { status, answer } = await api<RunDetail>("runs", "POST", drawing("first"));
  expect({ status, name: answer.name }).toEqual({ status: 201, name: "first" });
  const done = await until("first", ({ state }) => state === "finished");
  expect(done).toMatchObject({
    ...{ method: "discrete", data: text, step: 12, stageStep: 12, stageSteps: 12, stageNumber: 1, stages: 1 },
    ...{ model: true, report: true, error: null, resumable: false },
    ...{ sheets: [{ file: done.newestSheet, step: 12 }], settings: { name: "first" } },
  });
  expect(done.curves[0].steps).toEqual(upTo(12));
  expect(done.curves[0].values.loss).toHaveLength(12);
  const models = await (await fetch(`${studio.address}/models/index.json`)).json();
  expect(models).toContainEqual(expect.objectContaining({ name: "first", kind: "text", method: "discrete" }));
  const file = await fetch(`${studio.address}/api/runs/first/samples/${done.newestSheet}`, {
    headers: { cookie: `fewstep-token-${new URL(studio.address).port}=${studio.token}` },
  });
  expect(file.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  const report = await fetch(`${studio.address}/api/runs/first/report.html`, {
    headers: { "x-fewstep-token": studio.token },
  });
  expect(report.headers.get("content-security-policy")).toMatch(/^sandbox allow-scripts; default-src 'none'/);
  expect(await report.text()).toContain("12 steps in");
  const told: string[] = [];
  for await (const chunk of events.body!) {
    for (const [, data] of Buffer.from(chunk)
      .toString()
      .matchAll(/^data: (.*)$/gm))
      told.push(...(JSON.parse(data) as RunSummary[]).map(({ state }) => state));
    if (told.includes("finished")) break;
  }
  stop.abort();
  expect(told).toContain("running");
});

test("SIGKILL of the server loses nothing: a training goes on, the queue stays, a paused run is finished", async () => {
  await api("runs", "POST", training("long", 100_000));
  await until("long", ({ step }) => step > 3);
  expect((await api<RunDetail>("runs", "POST", training("next", 20))).answer).toMatchObject({
    state: "queued",
    place: 1,
  });
  await api("runs", "POST", training("later", 20));
  await api("runs/later/move", "POST", { place: 1 });
  expect((await api("runs", "POST", training("Next", 20))).status).toBe(409);
  expect((await api("runs/long/resume", "POST", {})).status).toBe(409);
  expect((await api("runs/next/pause", "POST", {})).status).toBe(409);
  expect((await api("runs/long", "DELETE")).status).toBe(409);

  await ended(studio.process, "SIGKILL");
  const before = steps("long").length;
  studio = await startStudio(root, runs);
  await until("long", ({ state, step }) => state === "running" && step > before);
  expect((await list()).map(({ name, state, place }) => [name, state, place])).toEqual([
    ["long", "running", null],
    ["later", "queued", 1],
    ["next", "queued", 2],
    ["first", "finished", null],
  ]);
  expect((await api("runs/next", "DELETE")).status).toBe(204);
  expect((await api("runs/next")).status).toBe(404);

  expect((await api("runs/long/pause", "POST", {})).status).toBe(200);
  const { step, resumable } = await until("long", ({ state }) => state === "interrupted");
  expect(resumable).toBe(true);
  expect(steps("long")).toEqual(upTo(step));
  await until("later", ({ state }) => state === "finished");

  expect((await api("runs/long/resume", "POST", {})).status).toBe(200);
  await until("long", (run) => run.step > step + 2);
  expect(readFileSync(join(runs, ".studio", "long.log"), "utf8")).toMatch(/Training on the device "cpu", 1 thread of/);
  expect((await api("runs/long/stop", "POST", {})).status).toBe(200);
  const stopped = await until("long", ({ state }) => state === "interrupted");

  // To an end that is near
  const enough = stopped.step + 20;
  expect((await api("runs/long/resume", "POST", { set: { stepz: 1 } })).status).toBe(400);
  expect((await api("runs/long/resume", "POST", { set: { steps: enough } })).status).toBe(200);
  await until("long", ({ state }) => state === "finished");
  expect(steps("long")).toEqual(upTo(enough));
});

test("what the command line refuses is refused in the same words; a failure is told", async () => {
  const refused = async (change: object) => {
    const { status, answer } = await api("runs", "POST", { ...training("wrong", 5), ...change });
    return [status, message(answer)];
  };
  expect(await refused({ method: "flw" })).toEqual([
    400,
    expect.stringMatching(/^There is no method "flw"; choose one/),
  ]);
  expect(await refused({ preset: "huge" })).toEqual([400, expect.stringMatching(/^There is no preset "huge"/)]);
  expect(await refused({ set: { stepz: 1 } })).toEqual([
    400,
    expect.stringMatching(/^--set: there is no setting "stepz"/),
  ]);
  expect(await refused({ set: { steps: -1 } })).toEqual([
    400,
    expect.stringMatching(/^These settings cannot be: steps is -1/),
  ]);
  expect(await refused({ data: join(root, "nowhere") })).toEqual([400, expect.stringContaining("nowhere")]);
  expect(await refused({ name: "../wrong" })).toEqual([400, expect.stringMatching(/cannot be called "..\/wrong"/)]);
  expect(await refused({ colour: 1 })).toEqual([400, expect.stringContaining('"colour"')]);
  expect(existsSync(join(runs, "wrong"))).toBe(false);

  const { answer: methods } = await api<{ name: string; presets: { fields: { path: string }[] }[] }[]>("methods");
  expect(methods.map(({ name }) => name)).toContain("sphere");
  expect(methods[0].presets[0].fields.length).toBeGreaterThan(10);
  const checked = await api<{ kind: string }>(`data/check?path=${encodeURIComponent(text)}&encoding=latin1`);
  expect(checked).toMatchObject({ status: 200, answer: { kind: "text" } });
  const nowhere = await api(`data/check?path=${encodeURIComponent(join(root, "nowhere"))}`);
  expect([nowhere.status, message(nowhere.answer)]).toEqual([400, expect.stringContaining("nowhere")]);

  // Fails once its data are read: sequences are longer than the text
  await api("runs", "POST", { ...training("failing", 5), set: { ...training("", 5).set, length: 60_000 } });
  for (let run = await detail("failing"); run.state !== "failed"; run = await detail("failing")) await setTimeout(100);
  expect(await detail("failing")).toMatchObject({ begun: false, resumable: true, error: expect.stringMatching(/\w/) });
  expect((await api("runs/failing", "DELETE")).status).toBe(204);
});

test("a folder's queue is kept by one studio; from other machines the page is given to who knows the token", async () => {
  const second = spawnSync(process.execPath, [main, "studio", "--port", "0", "--runs", runs, "--no-open"], {
    cwd: root,
  });
  expect([second.status, String(second.stderr)]).toEqual([
    1,
    expect.stringMatching(/The process \d+ on .* keeps the queue of trainings in .*\.studio, since/),
  ]);

  const inFile = spawnSync(process.execPath, [main, "studio", "--port", "0", "--runs", text, "--no-open"], {
    cwd: root,
  });
  expect([inFile.status, String(inFile.stderr)]).toEqual([
    2,
    expect.stringContaining("is no folder, so it cannot hold runs"),
  ]);

  const app = Fastify();
  addErrors(app);
  const token = "s3cret";
  await app.register(studioPage, { folder: resolve(main, "../../studio"), token, closed: true });
  const page = async (url: string, headers = {}) => (await app.inject({ url, headers })).statusCode;
  expect(await page("/")).toBe(401);
  expect(await page("/index.html?token=wrong")).toBe(401);
  expect(await page("/index.html")).toBe(401);
  const letIn = await app.inject({ url: `/?token=${token}` });
  expect(letIn.body).toContain(`<meta name="fewstep-token" content="${token}"`);
  expect(letIn.headers["set-cookie"]).toMatch(/=s3cret; Path=\/; HttpOnly; SameSite=Strict$/);
  expect(await page("/files.json")).toBe(200);
  for (const path of ["/../package.json", "/%2e%2e/cli/main.js", "/..%2fcli%2fmain.js"])
    expect([400, 403, 404], path).toContain(await page(path));
  await app.close();
});

test("other machines draw, read models and metrics with the token only", async () => {
  const args = ["studio", "--host", "0.0.0.0", "--port", "0", "--runs", join(root, "other"), "--no-open"];
  const child = spawn(process.execPath, [main, ...args], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const printed = await new Promise<string>((done) => child.stdout.once("data", (chunk) => done(String(chunk).trim())));
  const { port, searchParams } = new URL(printed);
  const token = searchParams.get("token")!;
  const ask = async (path: string, headers: Record<string, string> = {}, method = "GET") =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method, headers })).status;
  try {
    for (const path of ["/v1/models", "/v2", "/models/index.json", "/metrics", "/docs", "/openapi.json", "/api/runs"])
      expect(await ask(path), path).toBe(401);
    expect(await ask("/v1/sample", {}, "POST")).toBe(401);
    expect(await ask("/healthz")).toBe(200);
    expect(await ask("/v1/models", { authorization: `Bearer ${token}` })).toBe(200);
    expect(await ask("/models/index.json", { cookie: `fewstep-token-${port}=${token}` })).toBe(200);
    expect(await ask("/v1/sample", { cookie: `fewstep-token-${port}=${token}` }, "POST")).toBe(401);
  } finally {
    await ended(child, "SIGTERM");
  }
});

test("who does not know the token is refused, and no name leads out of the folder", async () => {
  const { address, token } = studio;
  const { port, hostname } = new URL(address);
  /** As it is: fetch would tidy the path up. */
  const raw = (path: string, { method = "GET", ...headers }: Record<string, string> = {}) =>
    new Promise<number>((done, failed) => {
      const sent = request({ hostname, port, path, method, headers }, (response) => {
        response.resume();
        response.once("end", () => done(response.statusCode!));
      });
      sent.once("error", failed).end();
    });
  const known = { "x-fewstep-token": token };
  const cookie = `a=b; fewstep-token-${port}=${token}`;
  expect(await raw("/api/runs")).toBe(401);
  expect(await raw("/api/methods")).toBe(401);
  expect(await raw("/api/runs", { "x-fewstep-token": "wrong" })).toBe(401);
  expect(await raw("/api/runs", { cookie })).toBe(200);
  expect(await raw("/api/runs/first/pause", { method: "POST", cookie })).toBe(401);
  expect(await raw("/api/runs/first", { method: "DELETE", cookie })).toBe(401);
  expect(await raw("/api/runs", { ...known, origin: "http://evil.example" })).toBe(403);
  expect(await raw("/api/runs", { ...known, host: "evil.example" })).toBe(403);

  mkdirSync(join(root, "outside", "samples"), { recursive: true });
  writeFileSync(join(root, "outside", "config.json"), "{}");
  writeFileSync(join(root, "outside", "samples", "00000001-a.png"), "secret");
  symlinkSync(join(root, "outside"), join(runs, "link"));
  symlinkSync(join(root, "outside", "samples", "00000001-a.png"), join(runs, "first", "samples", "00000001-a.png"));
  for (const name of [
    "..%2foutside",
    "..",
    "%2e%2e",
    "%2e%2e%2foutside",
    "link",
    "%2Ftmp",
    "..%5coutside",
    ".studio",
    "a%00b",
  ])
    for (const rest of ["", "/report.html", "/samples/00000001-a.png"]) {
      const status = await raw(`/api/runs/${name}${rest}`, known);
      expect([400, 404], `${name}${rest}: ${status}`).toContain(status);
    }
  for (const file of ["00000001-a.png", "..%2fconfig.json", "..%2f..%2f.studio%2fqueue.json"])
    expect(await raw(`/api/runs/first/samples/${file}`, known), file).toBe(404);
  expect((await list()).map(({ name }) => name)).not.toContain("link");
});

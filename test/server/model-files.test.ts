import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildServer } from "../../src/server/index.js";

const models = resolve(import.meta.dirname, "../../models");
const box = mkdtempSync(join(tmpdir(), "fewstep-server-"));
let app: FastifyInstance;

beforeAll(async () => {
  mkdirSync(join(box, "served"));
  cpSync(join(models, "duo-names"), join(box, "served", "run-1", "model"), { recursive: true });
  cpSync(join(models, "duo-names"), join(box, "secret"), { recursive: true });
  symlinkSync(join(box, "secret"), join(box, "served", "linked"));
  mkdirSync(join(box, "served", "half"));
  writeFileSync(join(box, "served", "half", "config.json"), "{");
  writeFileSync(join(box, "served", "half", "model.safetensors"), "");
  writeFileSync(join(box, "outside.png"), "outside");
  app = await buildServer({ folders: [join(box, "served")], logLevel: "silent" });
});
afterAll(async () => {
  await app.close();
  rmSync(box, { recursive: true });
});

describe("/models/index.json", () => {
  test("lists what draws, shipped or in a folder, with what a page needs to know", async () => {
    const answer = await app.inject("/models/index.json");
    const list = answer.json();
    const names = list.map(({ name }: { name: string }) => name);
    expect(names).toEqual(names.toSorted());
    expect(names).toContain("run-1");
    expect(names).toContain("drifting-fashion");
    for (const absent of ["classifier-mnist", "linked", "half"]) expect(names).not.toContain(absent);
    const found = list.find(({ name }: { name: string }) => name === "drifting-fashion");
    expect(found).toMatchObject({
      kind: "image",
      method: "drifting",
      shipped: true,
      summary: "Class-conditional 28×28 grey images; drifting model, one network evaluation per image.",
      bytes: 3142942,
      image: { height: 28, width: 28, channels: 1 },
      text: null,
      license: "MIT",
    });
    expect(found.classNames).toHaveLength(10);
    expect(found.metrics[0].metrics[0].value).toBeGreaterThan(0);
    expect(list.find(({ name }: { name: string }) => name === "run-1").text).toEqual({ lines: true });
    expect(list.find(({ name }: { name: string }) => name === "run-1").shipped).toBe(false);
  });

  test("tells a model that has changed by its version", async () => {
    const versionOf = async () =>
      (await app.inject("/models/index.json")).json().find(({ name }: { name: string }) => name === "run-1").version;
    const before = await versionOf();
    expect(await versionOf()).toBe(before);
    utimesSync(join(box, "served", "run-1", "model", "model.safetensors"), 1, 1);
    expect(await versionOf()).not.toBe(before);
  });

  test("lists judges of texts and what answers questions, which pages load and no request draws with", async () => {
    const judge = (await app.inject("/models/index.json"))
      .json()
      .filter(({ kind }: { kind: unknown }) => kind === null);
    expect(judge.map(({ name, method }: { name: string; method: string }) => [name, method])).toEqual([
      ["judge-text", "language-model"],
      ["seer", "vision-language"],
    ]);
    expect((await app.inject("/models/judge-text/config.json")).json().method).toBe("language-model");
    const drawn = await app.inject({ method: "POST", url: "/v1/sample", payload: { model: "judge-text" } });
    expect([drawn.statusCode, drawn.json().error.message]).toEqual([404, expect.stringMatching(/draws nothing/)]);
    const asked = await app.inject({ method: "POST", url: "/v1/sample", payload: { model: "seer" } });
    expect([asked.statusCode, asked.json().error.message]).toEqual([404, expect.stringMatching(/answers questions/)]);
    const listed = (await app.inject("/v1/models")).json().data.map(({ id }: { id: string }) => id);
    for (const name of ["judge-text", "seer"]) expect(listed).not.toContain(name);
  });

  test("a model that is called as a shipped one leaves that one reachable, and both say which they are", async () => {
    const twins = join(box, "twins");
    cpSync(join(models, "duo-names"), join(twins, "drifting-fashion"), { recursive: true });
    mkdirSync(join(twins, "flow-fashion")); // holds nothing, and so hides nothing
    const other = await buildServer({ folders: [twins], logLevel: "silent" });
    try {
      const list = (await other.inject("/models/index.json")).json() as {
        name: string;
        kind: string;
        shipped: boolean;
      }[];
      const called = list.filter(({ name }) => /^(drifting|flow)-fashion/.test(name));
      expect(called.map(({ name, kind, shipped }) => [name, kind, shipped])).toEqual([
        ["drifting-fashion", "text", false],
        ["drifting-fashion@shipped", "image", true],
        ["flow-fashion", "image", true],
      ]);
      const [own, hidden] = await Promise.all(
        ["drifting-fashion", "drifting-fashion@shipped"].map(
          async (name) => (await other.inject(`/models/${name}/config.json`)).json().method,
        ),
      );
      expect([own, hidden]).toEqual(["discrete", "drifting"]);
      const payload = { model: "drifting-fashion@shipped", label: "boot", seed: 1 };
      expect((await other.inject({ method: "POST", url: "/v1/sample", payload })).statusCode).toBe(200);
      for (const name of ["duo-names@shipped", "flow-fashion@twins", "@shipped", "drifting-fashion@nowhere"])
        expect((await other.inject(`/models/${name}/config.json`)).statusCode, name).toBe(404);
    } finally {
      await other.close();
    }
  });

  test("is asked for anew by its tag, and shows a model that comes later", async () => {
    const { headers } = await app.inject("/models/index.json");
    expect(headers["cache-control"]).toBe("no-cache");
    const again = {
      method: "GET",
      url: "/models/index.json",
      headers: { "if-none-match": String(headers.etag) },
    } as const;
    expect((await app.inject(again)).statusCode).toBe(304);
    cpSync(join(models, "duo-names"), join(box, "served", "run-2"), { recursive: true });
    const changed = await app.inject(again);
    expect(changed.statusCode).toBe(200);
    expect(changed.json().map(({ name }: { name: string }) => name)).toContain("run-2");
  });
});

describe("/models/<name>/<file>", () => {
  test.each([
    ["config.json", "application/json; charset=utf-8"],
    ["model.safetensors", "application/octet-stream"],
    ["README.md", "text/markdown; charset=utf-8"],
    ["metrics.json", "application/json; charset=utf-8"],
    ["samples.png", "image/png"],
  ])("serves %s as %s, and says when it has not changed", async (file, type) => {
    const url = `/models/drifting-fashion/${file}`;
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ "content-type": type, "cache-control": "no-cache" });
    const unchanged = await app.inject({
      method: "GET",
      url,
      headers: { "if-none-match": String(answer.headers.etag) },
    });
    expect(unchanged.statusCode).toBe(304);
    expect((await app.inject({ method: "HEAD", url })).headers["content-length"]).toBe(
      String(answer.rawPayload.length),
    );
  });

  test.each([
    "/models/drifting-fashion/weights.bin",
    "/models/drifting-fashion/",
    "/models/run-1/samples.png",
    "/models/nobody/config.json",
    "/models/linked/config.json",
    "/models/classifier-mnist/config.json",
    "/models/../package.json",
    "/models/drifting-fashion/../../package.json",
    "/models/..%2f..%2fpackage.json/config.json",
    "/models/run-1%2fmodel/config.json",
    "/models/.%00/config.json",
    "/models/constructor/config.json",
    "/models/drifting-fashion/__proto__",
  ])("%s is not there", async (url) => {
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.message).toMatch(/There is no|has no/);
  });

  test("a link that leads out of a model's folder is not followed", async () => {
    symlinkSync(join(box, "outside.png"), join(box, "served", "run-1", "model", "samples.png"));
    expect((await app.inject("/models/run-1/samples.png")).statusCode).toBe(404);
    expect((await app.inject("/models/run-1/config.json")).statusCode).toBe(200);
  });

  test("models are read, never written", async () => {
    for (const method of ["PUT", "POST", "DELETE", "PATCH"] as const)
      expect((await app.inject({ method, url: "/models/run-1/config.json" })).statusCode).toBe(404);
  });
});

test("every answer isolates its page", async () => {
  for (const url of [
    "/models/index.json",
    "/models/drifting-fashion/config.json",
    "/healthz",
    "/nowhere",
    "/models/x/y",
  ]) {
    const { headers } = await app.inject(url);
    expect(headers).toMatchObject({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });
    expect(headers["content-security-policy"]).toContain("'wasm-unsafe-eval'");
  }
});

test("models that are named are the only ones; what is none is refused", async () => {
  const two = await buildServer({ models: ["flow-fashion", join(box, "secret")], logLevel: "silent" });
  const names = (await two.inject("/models/index.json")).json().map(({ name }: { name: string }) => name);
  expect(names).toEqual(["flow-fashion", "secret"]);
  await two.close();
  const refused = (models: string[]) => expect(buildServer({ models, logLevel: "silent" })).rejects;
  await refused(["nobody"]).toThrow(/There is no model "nobody"/);
  await refused(["classifier-mnist"]).toThrow(/draws nothing/);
  await refused(["duo-names", join(models, "duo-names")]).toThrow(/Two models are called "duo-names"/);
  await refused(["https://example.com/x"]).toThrow(/is an address/);
  await expect(buildServer({ folders: [join(box, "nowhere")] })).rejects.toThrow(/There is no folder/);
  await expect(buildServer({ workers: 0 })).rejects.toThrow(/workers is 0; it must be at least 1/);
});

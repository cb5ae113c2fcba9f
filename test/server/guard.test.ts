import { request } from "node:http";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildServer } from "../../src/server/index.js";

let plain: FastifyInstance;
let open: FastifyInstance;
let guarded: FastifyInstance;
beforeAll(async () => {
  const build = (options: object) => buildServer({ models: ["duo-names"], logLevel: "silent", ...options });
  plain = await build({});
  open = await build({
    host: "0.0.0.0",
    allowHosts: ["models.example"],
    allowOrigins: ["https://page.example"],
    token: "t",
  });
  guarded = await build({ token: "secret" });
});
afterAll(async () => {
  for (const app of [plain, open, guarded]) await app.close();
});

const ask = (
  app: FastifyInstance,
  headers: Record<string, string>,
  url = "/healthz",
  method: "GET" | "OPTIONS" = "GET",
) => app.inject({ method, url, headers });

describe("names in the Host header", () => {
  test.each(["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000", "LOCALHOST"])(
    "%s is its own",
    async (host) => {
      expect((await ask(plain, { host })).statusCode).toBe(200);
    },
  );
  test.each([
    "evil.example",
    "localhost.evil.example",
    "evil.example:8000",
    "192.168.0.7",
    "0.0.0.0",
    "localhost@evil.example",
    "evil.example/localhost",
    "[::1",
    "127.0.0.1.nip.io",
  ])("%j is refused, at every address", async (host) => {
    for (const url of ["/healthz", "/v1/models", "/models/index.json", "/docs", "/nowhere"])
      expect((await ask(plain, { host }, url)).statusCode).toBe(403);
  });
  test("an open server is also known by addresses, and by the names that are allowed", async () => {
    for (const host of ["192.168.0.7:8000", "models.example", "[fe80::1]"])
      expect((await ask(open, { host })).statusCode).toBe(200);
    expect((await ask(open, { host: "evil.example" })).statusCode).toBe(403);
  });
});

describe("origins of pages", () => {
  test.each([
    ["http://evil.example", 403],
    ["null", 403],
    ["http://localhost:1", 403],
    ["http://localhost:8000.evil.example", 403],
    ["http://localhost:8000", 200],
    ["https://localhost:8000", 200],
  ])("%s", async (origin, status) => {
    const answer = await ask(plain, { host: "localhost:8000", origin });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
  test("an allowed one may ask, with its token, and no other", async () => {
    const headers = { host: "models.example", origin: "https://page.example" };
    const wish = {
      ...headers,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization",
    };
    const preflight = await ask(open, wish, "/v1/sample", "OPTIONS");
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": "https://page.example",
      "access-control-allow-headers": expect.stringContaining("Authorization"),
      vary: "Origin",
    });
    const answer = await ask(open, { ...headers, authorization: "Bearer t" }, "/v1/models");
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["access-control-allow-origin"]).toBe("https://page.example");
    expect((await ask(open, headers, "/v1/models")).statusCode).toBe(401);
    expect((await ask(open, { ...wish, origin: "https://other.example" }, "/v1/sample", "OPTIONS")).statusCode).toBe(
      403,
    );
  });
});

test("the token is asked for everywhere but where the server is watched", async () => {
  for (const url of ["/healthz", "/v2/health/live"]) expect((await ask(guarded, {}, url)).statusCode).toBe(200);
  const closed = [
    "/v1/models",
    "/metrics",
    "/docs",
    "/openapi.json",
    "/models/index.json",
    "/nowhere",
    "/healthz/x",
    "/v2",
  ];
  for (const url of closed) {
    expect((await ask(guarded, {}, url)).statusCode).toBe(401);
    expect((await ask(guarded, { authorization: "Bearer secre" }, url)).statusCode).toBe(401);
    expect((await ask(guarded, { authorization: "Basic secret" }, url)).statusCode).toBe(401);
    expect((await ask(guarded, { authorization: "bearer secret" }, url)).statusCode).not.toBe(401);
  }
});

test("without a Host header there is no answer but 400", async () => {
  await plain.listen({ port: 0 });
  const { port } = plain.server.address() as { port: number };
  const status = await new Promise((done) =>
    request({ port, setHost: false }, (answer) => done(answer.statusCode)).end(),
  );
  expect([400, 403]).toContain(status);
});

test("the document and its page come from the server itself", async () => {
  const document = (await plain.inject("/openapi.json")).json();
  expect(document.openapi).toBe("3.1.0");
  const { anyOf } = document.paths["/v1/sample"].post.requestBody.content["application/json"].schema;
  expect(anyOf[0].properties).toMatchObject({ model: { const: "duo-names" }, steps: { minimum: 1, maximum: 4096 } });
  const page = await plain.inject("/docs/");
  expect(page.body).toContain("swagger-ui");
  const sources = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source);
  expect(sources.length).toBeGreaterThan(3);
  for (const source of sources) {
    expect(source).toMatch(/^\.\/static\//);
    expect((await plain.inject(`/docs/${source.slice(2)}`)).statusCode).toBe(200);
  }
  expect((await plain.inject("/docs/json")).json()).toEqual(document);
});

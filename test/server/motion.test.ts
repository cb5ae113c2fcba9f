import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModel } from "../../src/methods/load.js";
import { trainMotion } from "../../src/methods/motion/train.js";
import type { MotionGenerator } from "../../src/models/generator.js";
import type { Clip } from "../../src/motion/index.js";
import type { ServerOptions } from "../../src/server/index.js";
import { clips, micro } from "../methods/motion/clips.js";
import { liveClient, numbersOf as numbers } from "./live-client.js";
import { post, serving } from "./serving.js";

const root = mkdtempSync(join(tmpdir(), "server-motion-"));

let url: string;
let local: MotionGenerator;
const apps: FastifyInstance[] = [];

async function start(options: ServerOptions = {}) {
  const served = await serving({ models: [join(root, "walker"), "duo-names"], ...options });
  apps.push(served.app);
  return served;
}

beforeAll(async () => {
  await trainMotion(clips(), micro, { out: join(root, "walker"), threads: 1, sampleEvery: 0, onProgress: () => {} });
  ({ url } = await start());
  local = await loadModel(join(root, "walker"), { kind: "motion", device: "cpu", threads: 1 });
}, 300_000);
afterAll(async () => {
  await Promise.all(apps.map((one) => one.close()));
  await local?.release();
  rmSync(root, { recursive: true, force: true });
});

const connect = (to: string, headers?: Record<string, string>, protocols?: string[]) =>
  liveClient(to, "/v1/motion/live?model=walker", headers, protocols);

const ask = { model: "walker", prompt: "a person walks slowly", seconds: 1, steps: 4, lag: 2, seed: 3 };

test("motions come as GLB, as numbers and step by step, as the JavaScript API draws them", async () => {
  const { model: _, ...options } = ask;
  const expected = await local.sample(options);
  const glb = await post(`${url}/v1/sample`, ask);
  expect(glb.headers.get("content-type")).toBe("model/gltf-binary");
  expect(Buffer.from(await glb.arrayBuffer()).equals(Buffer.from(await expected.toGlb()))).toBe(true);
  const json = await post(`${url}/v1/sample`, ask, { accept: "application/json" });
  const { kind, data } = await json.json();
  const [clip] = expected.clips;
  expect(kind).toBe("motion");
  expect(data).toHaveLength(1);
  expect(data[0]).toMatchObject({ fps: 20, frames: 20, joints: clip.skeleton.names, prompt: ask.prompt });
  expect(data[0].rotations).toEqual([...clip.rotations]);
  expect(data[0].root).toEqual([...clip.root]);
  expect(data[0].contacts).toEqual(clip.contacts && [...clip.contacts]);
  const events = await (await post(`${url}/v1/sample`, ask, { accept: "text/event-stream" })).text();
  const steps = [...events.matchAll(/event: step\ndata: (.*)\n/g)].map(([, line]) => JSON.parse(line));
  expect(steps.length).toBeGreaterThan(3);
  expect(steps.at(-1).data[0].rotations).toEqual([...clip.rotations]);
  expect(events).toContain("event: done");
});

test("what is no motion's is refused, and models say what they offer", async () => {
  const png = await post(`${url}/v1/sample`, ask, { accept: "image/png" });
  expect(png.status).toBe(406);
  const openai = await post(`${url}/v1/images/generations`, { model: "walker", prompt: "" });
  expect(openai.status).toBe(400);
  expect((await openai.json()).error.message).toMatch(/walker draws motions/);
  const { live, fps, kind } = await (await fetch(`${url}/v1/models/walker`)).json();
  expect({ kind, fps, address: live.address }).toEqual({ kind: "motion", fps: 20, address: "/v1/motion/live" });
  expect(Object.keys(live.options)).toContain("history");
  const document = await (await fetch(`${url}/openapi.json`)).json();
  expect(document.paths["/v1/motion/live"].get.summary).toMatch(/WebSocket/);
  expect((await fetch(`${url}/v1/motion/live?model=walker`)).status).toBe(426);
});

test("a live session draws what the session of the JavaScript API does, and takes texts and paths on its way", async () => {
  const path: [number, number][] = [
    [0, 0],
    [-5, 0],
    [-5, 5],
  ];
  const options = { prompt: "a person walks", steps: 4, lag: 2, seed: 5 };
  const session = await local.open(options);
  const expected: Clip[] = [await session.next(), await session.next()];
  session.say("a person waves");
  session.guidance = 4;
  expected.push(await session.next());
  session.follow(path);
  expected.push(await session.next());
  session.follow(null);
  expected.push(await session.next());
  const client = connect(url);
  await client.opened;
  client.send({ type: "open", ...options, format: "base64" });
  expect(await client.next()).toMatchObject({ type: "opened", fps: 20, frames: 12, delay: 2, model: "walker" });
  client.send({ type: "next", blocks: 2 });
  const got = [await client.next(), await client.next()];
  client.send({ type: "say", text: "a person waves" });
  client.send({ type: "guidance", value: 4 });
  client.send({ type: "next" });
  got.push(await client.next());
  client.send({ type: "follow", points: path });
  client.send({ type: "next" });
  got.push(await client.next());
  client.send({ type: "follow", points: null });
  client.send({ type: "next" });
  got.push(await client.next());
  for (const [i, block] of got.entries()) {
    expect(block).toMatchObject({ type: "block", index: i, frames: 12 });
    expect(numbers(block.rotations)).toEqual([...expected[i].rotations]);
    expect(numbers(block.root)).toEqual([...expected[i].root]);
  }
  expect(client.answers).toEqual([]); // what was not asked for is not drawn
  expect(await (await fetch(`${url}/metrics`)).text()).toMatch(
    /fewstep_live_sessions 1\n[\s\S]*fewstep_live_blocks_total 5/,
  );
  client.send({ type: "close" });
  expect((await client.closed).code).toBe(1000);
  expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/fewstep_live_sessions 0\n/);
});

test("wrong messages are told, and the session goes on", async () => {
  const client = connect(url);
  await client.opened;
  await client.told({ type: "next" }, /send .*open.* first/);
  await client.told("no JSON", /JSON text/);
  await client.told({ type: "open", steps: 0 }, /steps/);
  await client.told({ type: "open", count: 2 }, /count/);
  await client.told({ type: "open", steps: 1000, lag: 1000 }, /2000 network evaluations/);
  client.send({ type: "open", steps: 2, lag: 2 });
  expect((await client.next()).type).toBe("opened");
  await client.told({ type: "open" }, /open already/);
  await client.told({ type: "say", text: "чёрт" }, /word/);
  await client.told({ type: "say", text: "walks, then waves" }, /one thing at a time/);
  await client.told({ type: "guidance", value: 99 }, /from 0 to 10/);
  await client.told({ type: "next", blocks: 65 }, /at most 64/);
  await client.told({ type: "follow", points: [[0, 0]] }, /two different points/);
  await client.told({ type: "follow", points: [[0, 0, 0]] }, /points/);
  await client.told({ type: "follow" }, /points/);
  await client.told({ type: "dance" }, /type/);
  client.send({ type: "next" });
  const block = await client.next();
  expect(block).toMatchObject({ type: "block", index: 0 });
  expect(block.rotations).toHaveLength(12 * 22 * 4);
  client.send("x".repeat(70_000));
  expect((await client.closed).code).toBe(1009);
});

test("token, origin, model and number of sessions are checked before a connection is made", async () => {
  const strict = await start({ token: "secret", maxSessions: 1 });
  await expect(connect(strict.url).opened).rejects.toThrow("401");
  const allowed = { authorization: "Bearer secret" };
  await expect(connect(strict.url, { ...allowed, origin: "http://evil.example" }).opened).rejects.toThrow("403");
  await expect(connect(url, { host: "evil.example" }).opened).rejects.toThrow("403");
  const first = connect(strict.url, allowed);
  await first.opened;
  await expect(connect(strict.url, allowed).opened).rejects.toThrow("429");
  first.socket.terminate(); // a client that goes leaves its place
  await first.closed;
  await expect
    .poll(async () => (await fetch(`${strict.url}/metrics`, { headers: allowed })).text())
    .toMatch(/fewstep_live_sessions 0\n/);
  const second = connect(strict.url, allowed);
  await second.opened;
  await strict.app.close();
  expect((await second.closed).code).toBe(1001);
});

test("pages, which can send no header, offer the token as a sub-protocol that is never chosen", async () => {
  const strict = await start({ token: "dear secrét" });
  const token = `fewstep.token.${encodeURIComponent("dear secrét")}`;
  const client = connect(strict.url, {}, ["fewstep.live", token]);
  await client.opened;
  expect(client.socket.protocol).toBe("fewstep.live");
  client.send({ type: "open", steps: 2, lag: 2 });
  expect((await client.next()).type).toBe("opened");
  client.socket.terminate();
  await expect(connect(strict.url, {}, ["fewstep.live"]).opened).rejects.toThrow("401");
  await expect(connect(strict.url, {}, ["fewstep.live", `${token}x`]).opened).rejects.toThrow("401");
  await expect(connect(strict.url, {}, ["fewstep.live", "fewstep.token.%E9"]).opened).rejects.toThrow("401");
  await expect(connect(strict.url, {}, [token]).opened).rejects.toThrow("400");
  const request = { headers: { "sec-websocket-protocol": token } };
  expect((await fetch(`${strict.url}/v1/models`, request)).status).toBe(401); // of WebSockets only
});

test("what a first block takes is counted with the model's own steps and guidance", async () => {
  const { app, url } = await start({ maxEvaluations: 31 });
  const client = connect(url);
  await client.opened;
  client.send({ type: "open" });
  expect((await client.next()).message).toMatch(/takes 32 network evaluations, and this server allows 31/);
  client.send({ type: "open", guidance: 1 });
  expect((await client.next()).type).toBe("opened");
  await app.close();
});

test("an idle session is closed; one that draws leaves turns to others", async () => {
  const short = await start({ maxIdle: 0.3 });
  const idle = connect(short.url);
  await idle.opened;
  expect(await idle.closed).toMatchObject({ code: 1001, reason: expect.stringMatching(/Nothing was asked for/) });
  const client = connect(url);
  await client.opened;
  client.send({ type: "open", steps: 8, lag: 8 });
  client.send({ type: "next", blocks: 64 });
  await client.next();
  await client.next();
  expect((await post(`${url}/v1/sample`, ask)).status).toBe(200);
  expect(client.answers.length).toBeLessThan(62);
  client.socket.terminate();
});

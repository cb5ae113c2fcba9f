import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModel } from "../../src/methods/load.js";
import { writeModel } from "../../src/models/files.js";
import type { GestureGenerator, GestureSession } from "../../src/models/generator.js";
import * as nn from "../../src/nn/index.js";
import { madeModel } from "../methods/dyadic/made.js";
import { liveClient, numbersOf } from "./live-client.js";
import { post, serving } from "./serving.js";

const root = mkdtempSync(join(tmpdir(), "server-gesture-"));
let [app, url] = [undefined as FastifyInstance | undefined, ""];
let local: GestureGenerator;

beforeAll(async () => {
  const { config, net } = madeModel({ window: 12 });
  await writeModel(join(root, "talk"), { config, weights: nn.join(net).toRecord() });
  local = await loadModel(join(root, "talk"), { kind: "gesture", device: "cpu", threads: 1 });
  ({ app, url } = await serving({ models: [join(root, "talk"), "duo-names"], maxEvaluations: 100 }));
});
afterAll(async () => {
  await app?.close();
  await local?.release();
  rmSync(root, { recursive: true, force: true });
});

const LIVE = "/v1/gesture/live";
const connect = (path = `${LIVE}?model=talk`) => liveClient(url, path);

/** Half a second of a voice, as numbers of 16 bits. */
const HALF = 8000;
const voice = (seed: number, at: number): Float32Array =>
  Float32Array.from({ length: HALF }, (_, i) => Math.round(9000 * Math.sin((at * HALF + i) * 0.03 * seed)) / 0x8000);
const packed = (samples: Float32Array) =>
  Buffer.from(Int16Array.from(samples, (x) => x * 0x8000).buffer).toString("base64");

const options = { relation: "friend", steps: 2, seed: 3 } as const;

/** The two voices of a half second, in the pieces that they come in: the second one is of numbers, and comes in pieces. */
const pieces = (at: number) => {
  const both = [voice(1, at), voice(2, at)];
  const size = at === 1 ? 1000 : HALF;
  return Array.from({ length: HALF / size }, (_, i) => both.map((one) => one.subarray(i * size, (i + 1) * size)));
};

/** The blocks that there are after each half second; from the third one on they are strangers. */
async function expected(session: GestureSession) {
  const blocks = [];
  for (let at = 0; at < 5; at++) {
    for (const [first, second] of pieces(at)) session.push(first, at === 3 ? null : second);
    if (blocks.length === 2) session.change({ relation: "stranger" });
    for (let block = await session.pull(); block; block = await session.pull())
      blocks.push({ clips: block, speech: session.speech });
  }
  return blocks;
}

test("a live session draws what the session of the JavaScript API does, each block as soon as enough is heard", async () => {
  const wanted = await expected(await local.open(options));
  expect(wanted.length).toBe(4);
  const client = connect();
  await client.opened;
  client.send({ type: "open", ...options, format: "base64" });
  expect(await client.next()).toMatchObject({
    ...{ type: "opened", model: "talk", fps: 30, frames: 16, sampleRate: 16000, joints: { length: 52 } },
  });
  client.send({ type: "next", blocks: 5 });
  const got = [];
  for (let at = 0; at < 5; at++) {
    if (got.length === 2) client.send({ type: "change", relation: "stranger" });
    for (const piece of pieces(at)) {
      const [first, second] = piece.map((one) => (at === 1 ? [...one] : packed(one)));
      client.send({ type: "push", first, second: at === 3 ? null : second });
    }
    const enough = Math.min(4, at);
    while (got.length < enough) got.push(await client.next());
  }
  for (const [i, block] of got.entries()) {
    expect(block).toMatchObject({ type: "block", index: i, fps: 30, frames: 16 });
    for (const [p, clip] of wanted[i].clips.entries())
      expect(numbersOf(block.people[p].rotations)).toEqual([...clip.rotations]);
    for (const [p, values] of wanted[i].speech.entries()) expect(numbersOf(block.speech[p])).toEqual([...values]);
  }
  client.send({ type: "change", expressiveness: 9 });
  expect((await client.next()).message).toMatch(/expressiveness/); // the fifth block waits for more sound
  expect(client.answers).toEqual([]);
  client.send({ type: "close" });
  expect((await client.closed).code).toBe(1000);
});

test("wrong messages are told, and the session goes on", async () => {
  const client = connect();
  await client.opened;
  const silence = [0, 0];
  await client.told({ type: "push", first: silence, second: null }, /send .*open.* first/);
  await client.told("no JSON", /JSON text with a "type": open, push, change, next or close/);
  await client.told({ type: "open", relation: "foe" }, /relation/);
  await client.told({ type: "open", steps: 60 }, /240 network evaluations, and this server allows 100/);
  client.send({ type: "open", steps: 1, guidance: 1 });
  expect((await client.next()).type).toBe("opened");
  await client.told({ type: "push", first: null, second: null }, /one person at least/);
  await client.told({ type: "push", first: silence, second: [0] }, /2 and 1 samples/);
  await client.told({ type: "push", first: [2], second: null }, /first/);
  await client.told({ type: "push", first: "AAAA", second: null }, /3 bytes are not whole samples/);
  await client.told({ type: "change", seed: 2 }, /seed/);
  await client.told({ type: "change", steps: 60 }, /120 network evaluations/);
  await client.told({ type: "say", text: "hello" }, /type/);
  client.send({ type: "next" });
  // What is refused has not been taken: as much as a minute fits in, and no more
  for (let i = 0; i < 2 * 60; i++) client.send({ type: "push", first: packed(new Float32Array(HALF)), second: null });
  expect(await client.next()).toMatchObject({ type: "block", index: 0, frames: 16 });
  client.send({ type: "push", first: packed(new Float32Array(HALF)), second: null }); // for the block that was sent
  await client.told(
    { type: "push", first: packed(new Float32Array(HALF)), second: null },
    /60\.5 s of sound .* 60 at most/,
  );
  client.send({ type: "next" });
  expect(await client.next()).toMatchObject({ type: "block", index: 1 });
  client.socket.terminate();
});

test("models say where their sessions are; others have none there", async () => {
  const { live, fps, kind } = await (await fetch(`${url}/v1/models/talk`)).json();
  expect({ kind, fps, address: live.address }).toEqual({ kind: "gesture", fps: 30, address: LIVE });
  expect(Object.keys(live.options)).toContain("idle");
  const document = await (await fetch(`${url}/openapi.json`)).json();
  expect(document.paths[LIVE].get.summary).toMatch(/WebSocket/);
  expect((await fetch(`${url}${LIVE}?model=talk`)).status).toBe(426);
  await expect(connect(`${LIVE}?model=duo-names`).opened).rejects.toThrow("400");
  await expect(connect("/v1/motion/live?model=talk").opened).rejects.toThrow("400");
  const drawn = await post(`${url}/v1/sample`, { model: "talk" });
  expect([drawn.status, (await drawn.json()).error.message]).toEqual([400, expect.stringContaining(LIVE)]);
});

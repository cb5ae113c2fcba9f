import type { FastifyInstance } from "fastify";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Images } from "../../src/media/images.js";
import { loadModel } from "../../src/methods/load.js";
import type { AnyGenerator } from "../../src/models/generator.js";
import { post, serving } from "./serving.js";

let app: FastifyInstance;
let url: string;
let fashion: AnyGenerator;
let names: AnyGenerator;

beforeAll(async () => {
  ({ app, url } = await serving());
  fashion = await loadModel("drifting-fashion", { device: "cpu", threads: 1 });
  names = await loadModel("duo-names", { device: "cpu", threads: 1 });
});
afterAll(async () => {
  await app.close();
  await fashion.release();
  await names.release();
});

const bytesOf = (picture: Uint8Array) => sharp(picture).raw().toBuffer();
const sample = (body: unknown, accept?: string) => post(`${url}/v1/sample`, body, accept ? { accept } : {});

test.each(["png", "webp"])("a picture as %s has the pixels of the JavaScript API", async (format) => {
  const options = { seed: 7, label: "coat", guidance: 1.5 };
  const answer = await sample({ model: "drifting-fashion", ...options }, `image/${format}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe(`image/${format}`);
  const drawn = (await fashion.sample(options)) as Images;
  const expected = await sharp(await drawn.toPng())
    .toColourspace("b-w")
    .raw()
    .toBuffer();
  const got = await sharp(new Uint8Array(await answer.arrayBuffer()))
    .toColourspace("b-w")
    .raw()
    .toBuffer();
  expect(got.equals(expected)).toBe(true);
});

test("several are a sheet, and in JSON each by itself", async () => {
  const options = { seed: 7, count: 3, label: ["coat", 1, "bag"] };
  const sheet = await sample({ model: "drifting-fashion", ...options });
  expect(sheet.headers.get("content-type")).toBe("image/png");
  const drawn = (await fashion.sample(options)) as Images;
  const whole = Buffer.from(await sheet.arrayBuffer());
  expect((await bytesOf(whole)).equals(await bytesOf(await drawn.toPng()))).toBe(true);
  const { data, seed, evaluations, kind } = await (
    await sample({ model: "drifting-fashion", ...options }, "application/json")
  ).json();
  expect({ seed, evaluations, kind }).toEqual({ seed: 7, evaluations: 1, kind: "image" });
  expect(data.map(({ label }: { label: string }) => label)).toEqual(["Coat", "Trouser", "Bag"]);
  for (const [i, { b64_png }] of data.entries())
    expect((await bytesOf(Buffer.from(b64_png, "base64"))).equals(await bytesOf(await drawn.at(i).toPng()))).toBe(true);
});

test("colour: a model of three channels", async () => {
  const model = await loadModel("drifting-cifar10", { device: "cpu", threads: 1 });
  const answer = await sample({ model: "drifting-cifar10", seed: 3 });
  const expected = await ((await model.sample({ seed: 3 })) as Images).toPng();
  expect((await bytesOf(Buffer.from(await answer.arrayBuffer()))).equals(await bytesOf(expected))).toBe(true);
  await model.release();
});

test("text as text, as JSON, and step by step", async () => {
  const options = { seed: 2, steps: 4, count: 2 };
  const { strings } = (await names.sample(options)) as { strings: readonly string[] } & object;
  const text = await sample({ model: "duo-names", ...options });
  expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await text.text()).toBe(`${strings.join("\n")}\n`);
  const { data } = await (await sample({ model: "duo-names", ...options }, "application/json")).json();
  expect(data.map((one: { text: string }) => one.text)).toEqual(strings);
  const stream = await sample({ model: "duo-names", ...options }, "text/event-stream");
  expect(stream.headers.get("content-type")).toContain("text/event-stream");
  const events = (await stream.text())
    .trim()
    .split("\n\n")
    .map((event) => ({ event: /^event: (.*)/.exec(event)![1], data: JSON.parse(/^data: (.*)/m.exec(event)![1]) }));
  expect(events.at(-1)).toMatchObject({ event: "done", data: { model: "duo-names", evaluations: 5 } });
  const ends = events.filter(({ event, data: { step, steps } }) => event === "step" && step === steps);
  expect(ends.map(({ data: end }) => end.data[0].text)).toEqual(strings);
  expect(events.filter(({ event }) => event === "step")).toHaveLength(2 * 5);
});

describe("what cannot be is refused, and the field is named", () => {
  test.each([
    [{ model: "nobody" }, 404, "model", /There is no model "nobody"; there are drifting-cifar10/],
    [{}, 400, "model", /model must be the name of a model/],
    [{ model: ["drifting-fashion"] }, 400, "model", /model must be/],
    [{ model: "drifting-fashion", sead: 1 }, 400, "sead", /did you mean "seed"/],
    [{ model: "drifting-fashion", guidance: 9 }, 400, "guidance", /guidance must be a number in \[1, 4\], got 9/],
    [{ model: "drifting-fashion", seed: 1e300 }, 400, "seed", /seed must be a whole number/],
    [{ model: "drifting-fashion", count: 1e6 }, 400, "count", /count must be at most 64 on this server, got 1000000/],
    [{ model: "drifting-fashion", label: "cat" }, 400, null, /There is no class "cat"/],
    [{ model: "drifting-fashion", __proto__: null, constructor: 1 }, 400, "constructor", /takes no "constructor"/],
    [{ model: "flow-fashion", steps: 1000, sampler: "heun" }, 400, "steps", /1999 network evaluations.*allows 1024/],
    [{ model: "duo-names", prompt: "x".repeat(99) }, 400, null, /prompt/],
    ["[]", 400, null, /must be a JSON object/],
    ["{", 400, null, /is not JSON/],
    ["", 400, null, /is not JSON/],
  ])("%j", async (body, status, param, message) => {
    const answer = await sample(body);
    expect(answer.status).toBe(status);
    const { error } = await answer.json();
    expect(error).toMatchObject({ param, type: "invalid_request_error" });
    expect(error.message).toMatch(message);
  });

  test("an answer that it cannot have, and a body that is too large", async () => {
    expect((await sample({ model: "duo-names" }, "image/png")).status).toBe(406);
    expect((await sample({ model: "drifting-fashion" }, "text/plain;q=0.5, image/gif")).status).toBe(406);
    expect((await sample({ model: "drifting-fashion", style: Array(9e6).fill(1) })).status).toBe(413);
    expect((await post(`${url}/v1/sample`, "x", { "content-type": "text/plain" })).status).toBe(415);
  });
});

test("requests that come together share batches, and each gets its own picture", async () => {
  const before = await (await fetch(`${url}/metrics`)).text();
  const count = (text: string, name: string) => Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1] ?? 0);
  const answers = await Promise.all(
    Array.from({ length: 24 }, async (_, seed) => {
      const body = { model: "drifting-fashion", seed, label: seed % 10, guidance: 1 + seed / 24 };
      const answer = await sample(seed === 5 ? { ...body, label: "cat" } : body);
      return { seed, status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
    }),
  );
  for (const { seed, status, bytes } of answers) {
    expect(status).toBe(seed === 5 ? 400 : 200); // the fault of one is not the others'
    if (seed === 5) continue;
    const alone = (await fashion.sample({ seed, label: seed % 10, guidance: 1 + seed / 24 })) as Images;
    expect((await bytesOf(bytes)).equals(await bytesOf(await alone.toPng()))).toBe(true);
  }
  const after = await (await fetch(`${url}/metrics`)).text();
  expect(count(after, "fewstep_samples_total") - count(before, "fewstep_samples_total")).toBe(23);
});

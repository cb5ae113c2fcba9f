import type { FastifyInstance } from "fastify";
import OpenAI, { toFile } from "openai";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Images } from "../../src/media/images.js";
import { loadModel } from "../../src/methods/load.js";
import type { ImageGenerator } from "../../src/models/generator.js";
import { checkBackground, readFields } from "../../src/server/openai.js";
import { bmp } from "../io/fixtures/odd-pictures.js";
import { post, serving } from "./serving.js";

let app: FastifyInstance;
let url: string;
let client: OpenAI;
let sphere: ImageGenerator;
let picture: Images;

beforeAll(async () => {
  ({ app, url } = await serving({ token: "secret" }));
  client = new OpenAI({ apiKey: "secret", baseURL: `${url}/v1`, maxRetries: 0 });
  sphere = (await loadModel("sphere-fashion", { device: "cpu", threads: 1, kind: "image" })) as ImageGenerator;
  picture = await sphere.sample({ seed: 3, label: "coat", steps: 2 });
});
afterAll(async () => {
  await app.close();
  await sphere.release();
});

const grey = (file: Uint8Array | string) =>
  sharp(typeof file === "string" ? Buffer.from(file, "base64") : file)
    .toColourspace("b-w")
    .raw()
    .toBuffer();
/** Fields that the API's own types do not know. */
const own = <T extends object>(fields: T) => fields as unknown as Record<string, never>;

test("the openai client lists models", async () => {
  const found = [];
  for await (const { id } of await client.models.list()) found.push(id);
  expect(found).toContain("sphere-fashion");
  expect(await client.models.retrieve("sphere-fashion")).toMatchObject({ object: "model", kind: "image" });
});

test("the openai client generates the pictures of the JavaScript API", async () => {
  const { data, created } = await client.images.generate({
    ...{ model: "drifting-fashion", prompt: "Ankle boot", n: 2, response_format: "b64_json" },
    ...own({ seed: 5, guidance: 2 }),
  });
  expect(created).toBeGreaterThan(1.7e9);
  const model = await loadModel("drifting-fashion", { device: "cpu", threads: 1 });
  const drawn = (await model.sample({ count: 2, label: "Ankle boot", seed: 5, guidance: 2 })) as Images;
  await model.release();
  expect(data).toHaveLength(2);
  for (const [i, { b64_json }] of data!.entries())
    expect((await grey(b64_json!)).equals(await grey(await drawn.at(i).toPng()))).toBe(true);
});

test("pictures are enlarged by whole factors, in the format that is asked for, and differ from each other", async () => {
  const ask = (fields: object) => client.images.generate({ model: "drifting-fashion", prompt: "", ...fields });
  const large = await ask({ size: "84x84", output_format: "webp", ...own({ seed: 1 }) });
  const bytes = Buffer.from(large.data![0].b64_json!, "base64");
  expect(await sharp(bytes).metadata()).toMatchObject({ width: 84, height: 84, format: "webp" });
  const small = await ask(own({ seed: 1 }));
  const reduced = await sharp(bytes).resize(28, 28, { kernel: "nearest" }).toColourspace("b-w").raw().toBuffer();
  expect(reduced.equals(await grey(small.data![0].b64_json!))).toBe(true);
  const [one, two] = [await ask({}), await ask({})] as unknown as { seed: number; data: { b64_json: string }[] }[];
  expect(one.data[0].b64_json).not.toBe(two.data[0].b64_json);
  expect(one.seed).not.toBe(two.seed);
});

test("a stream has pictures on the way, and ends in what is drawn at once", async () => {
  const stream = await client.images.generate({
    ...{ model: "flow-fashion", prompt: "bag", stream: true, partial_images: 2 },
    ...own({ steps: 6, seed: 4 }),
  });
  const events = [];
  for await (const event of stream) events.push(event);
  expect(events.map(({ type }) => type)).toEqual([
    "image_generation.partial_image",
    "image_generation.partial_image",
    "image_generation.completed",
  ]);
  const { data } = await client.images.generate({
    ...{ model: "flow-fashion", prompt: "bag" },
    ...own({ steps: 6, seed: 4 }),
  });
  expect(events[2].b64_json).toBe(data![0].b64_json);
  expect(events[0].b64_json).not.toBe(events[1].b64_json);
});

describe("edits", () => {
  const file = async (bytes: Uint8Array, name = "picture.png") => toFile(bytes, name, { type: "image/png" });

  test("vary: the openai client gets the variations of the JavaScript API", async () => {
    const image = await file(await picture.toPng());
    const { data } = await client.images.edit({
      ...{ model: "sphere-fashion", image, prompt: "", n: 2 },
      ...own({ seed: 9, angle: 40 }),
    });
    const bytes = await grey(await picture.toPng());
    const read = Float32Array.from(bytes, (value) => value / 127.5 - 1);
    const pictures = new (await import("../../src/media/images.js")).Images(read, 1, 1, 28, 28);
    const expected = (await sphere.edits!.vary.run({ pictures }, { count: 2, seed: 9, angle: 40 })) as Images;
    for (const [i, { b64_json }] of data!.entries())
      expect((await grey(b64_json!)).equals(await grey(await expected.at(i).toPng()))).toBe(true);
  });

  test.each(["transparent", "white", "white and opaque", "white in a BMP"])(
    "inpaint: a mask that is %s in its left half; the right one stays",
    async (kind) => {
      const half = Buffer.alloc(28 * 28 * 4, 255);
      for (let i = 0; i < 28 * 28; i++) {
        const left = i % 28 < 14;
        if (kind === "transparent") half[4 * i + 3] = left ? 0 : 255;
        else half.fill(left ? 255 : 0, 4 * i, 4 * i + 3);
      }
      const drawn = sharp(half, { raw: { width: 28, height: 28, channels: 4 } });
      const row = Array.from({ length: 28 * 3 }, (_, i) => (i < 14 * 3 ? 255 : 0));
      const bytes =
        kind === "white in a BMP"
          ? bmp([28, 28], 24, Array(28).fill(row))
          : await (kind === "white" ? drawn.removeAlpha() : drawn).png().toBuffer();
      const mask = await file(bytes, "mask.png");
      const image = await file(await picture.toPng());
      const { data } = await client.images.edit({
        ...{ model: "sphere-fashion", image, mask, prompt: "bag" },
        ...own({ seed: 1, steps: 2 }),
      });
      const [before, after] = [await grey(await picture.toPng()), await grey(data![0].b64_json!)];
      const moved = [...before.keys()].filter((i) => before[i] !== after[i]);
      expect(moved.length).toBeGreaterThan(100);
      expect(moved.every((i) => i % 28 < 14)).toBe(true);
    },
  );

  test("crossover takes two pictures; enlarged ones are reduced, others need resize", async () => {
    const [one, large] = [await picture.toPng(), await picture.toPng({ scale: 3 })];
    const image = [await file(one), await file(large, "large.png")];
    const both = await client.images.edit({
      ...{ model: "sphere-fashion", image, prompt: "coat", size: "56x56" },
      ...own({ edit: "crossover", steps: 1, strength: 0 }),
    });
    expect(await sharp(Buffer.from(both.data![0].b64_json!, "base64")).metadata()).toMatchObject({ width: 56 });
    const odd = await file(await sharp(one).resize(30, 31).png().toBuffer());
    const ask = (fields: object) =>
      client.images.edit({
        model: "sphere-fashion",
        image: odd,
        prompt: "",
        ...own({ edit: "reconstruct", ...fields }),
      });
    await expect(ask({})).rejects.toThrow(/image is 30×31, and the model's pictures are 28×28/);
    expect((await ask({ resize: "true" })).data).toHaveLength(1);
  });

  test.each([
    [{ model: "sphere-fashion", edit: "encode" }, /has no edit "encode" here; it has reconstruct, project, vary/],
    [{ model: "drifting-fashion" }, /edits no pictures here; sphere models do/],
    [{ model: "sphere-fashion", angle: "wide" }, /angle must be a number in \[0, 90\], got "wide"/],
    [{ model: "sphere-fashion", corner: "1" }, /takes no "corner"/],
    [{ model: "sphere-fashion", edit: "morph", n: 2, prompt: "bag" }, /morph gives one picture/],
    [{ model: "sphere-fashion", edit: "inpaint" }, /inpaint takes one mask, got 0/],
    [{ model: "sphere-fashion", edit: "interpolate" }, /interpolate takes two pictures/],
    [{ model: "sphere-fashion", n: 99 }, /n must be at most 64/],
    [{ model: "duo-text" }, /draws text/],
  ])("%j is refused", async (fields, message) => {
    const image = await file(await picture.toPng());
    const call = client.images.edit({ image, prompt: "", ...(fields as { model: string }) });
    await expect(call).rejects.toThrow(message);
    await expect(call).rejects.toMatchObject({ status: 400 });
  });

  test("what is no picture, and what is no form", async () => {
    const image = await file(Buffer.from("no picture"));
    const call = client.images.edit({ model: "sphere-fashion", image, prompt: "" });
    await expect(call).rejects.toThrow(/image cannot be read as a picture: it is no picture of a known format/);
    const head = { authorization: "Bearer secret" };
    const forms = ["multipart/form-data", "multipart/form-data; boundary=b"].map((type) => ({
      ...head,
      "content-type": type,
    }));
    const half = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nsphere-fashion\r\n';
    const twice = `${half}${half}--b--\r\n`;
    for (const [headers, body] of [
      [head, "{}"],
      [forms[0], half],
      [forms[1], half],
      [forms[1], "{}"],
      [forms[1], twice],
    ] as const)
      expect((await post(`${url}/v1/images/edits`, body, headers)).status).toBe(400);
  });
});

test("a background is what the pictures have", () => {
  const of = (background: string, channels: 1 | 3 | 4, output_format?: string) =>
    checkBackground(readFields({ model: "m", background, output_format }).fields, channels);
  for (const channels of [1, 3, 4] as const) of("auto", channels);
  of("opaque", 3);
  of("opaque", 4, "jpeg");
  of("transparent", 4, "webp");
  expect(() => of("transparent", 4, "jpeg")).toThrow(/a JPEG has none/);
  expect(() => of("opaque", 4)).toThrow(/take the output_format jpeg/);
  expect(() => of("clear", 4)).toThrow(/background is "clear"; it must be "auto" or "transparent" or "opaque"/);
});

describe("generations that cannot be are refused in the API's shape", () => {
  test.each([
    [{ size: "1024x1024" }, "size", /size must be auto or 28x28 times a whole number, such as 56x56/],
    [{ size: "28x56" }, "size", /size must be/],
    [{ n: 0 }, "n", /n is 0; it must be at least 1/],
    [{ n: 65 }, "n", /n must be at most 64/],
    [{ response_format: "url" }, "response_format", /response_format is "url"; it must be "b64_json"/],
    [{ quality: "hd" }, "quality", /quality is "hd"; it must be "auto" or "standard"/],
    [{ background: "transparent" }, "background", /this model draws no transparency; leave it out/],
    [{ output_format: "gif" }, "output_format", /must be "png" or "webp" or "jpeg"/],
    [{ prompt: "cat" }, null, /There is no class "cat"/],
    [{ prompt: "bag", label: 3 }, "label", /The class stands in prompt here/],
    [{ count: 3 }, "count", /called n here/],
    [{ partial_images: 2 }, "partial_images", /set stream too/],
    [{ stream: true, n: 2 }, "n", /A stream has one picture/],
    [{ model: "duo-text" }, "model", /draws text/],
  ])("%j", async (fields, param, message) => {
    const call = client.images.generate({ model: "drifting-fashion", prompt: "", ...own(fields) });
    await expect(call).rejects.toThrow(message);
    await expect(call).rejects.toMatchObject({ status: 400, param });
  });

  test("without the token, or with another", async () => {
    for (const apiKey of ["other", "secret2"]) {
      const stranger = new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
      await expect(stranger.models.list()).rejects.toMatchObject({ status: 401 });
    }
    expect((await fetch(`${url}/v1/models`)).headers.get("www-authenticate")).toBe("Bearer");
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/models/index.json`)).status).toBe(401);
  });
});

import { expect, test } from "vitest";
import { Codebooks } from "../../../src/methods/dyadic/codebooks.js";
import { encoder, quantised } from "../../../src/methods/dyadic/tokenizer.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { normals, run } from "./made.js";

const shape = { width: 8, latent: 4, levels: 3, codes: 8 };
const errorAt = (latents: Float32Array, sums: Float32Array, level: number) =>
  latents.reduce((sum, x, i) => sum + (x - sums[(Math.floor(i / 4) * 3 + level) * 4 + (i % 4)]) ** 2, 0);

test("each level's codes leave less, also after learning; snapped latents stay", () => {
  const books = new Codebooks(shape, new Float32Array(3 * 8 * 4));
  const random = new Random(1, "books");
  const latents = normals("latents", 200 * 4);
  books.begin(latents, random);
  const errors = () => {
    const { sums } = books.quantise(latents);
    return [0, 1, 2].map((level) => errorAt(latents, sums, level));
  };
  const first = errors();
  expect(first[0]).toBeLessThan(0.6 * latents.reduce((sum, x) => sum + x * x, 0));
  for (let k = 0; k < 30; k++) books.learn(latents, books.quantise(latents), random);
  const found = errors();
  expect(found[1]).toBeLessThan(found[0]);
  expect(found[2]).toBeLessThan(found[1]);
  expect(found[2]).toBeLessThan(1.1 * first[2]);
  const snapped = books.snap(latents);
  expect(snapped.reduce((sum, x, i) => sum + (x - latents[i]) ** 2, 0)).toBeCloseTo(found[2], 3);
});

test("a graph finds the codes that codebooks find", async () => {
  const { levels, codes, latent } = shape;
  const books = new Codebooks(shape, normals("book", levels * codes * latent));
  const latents = normals("latents", 200 * latent);
  await using program = compile({ latents: [200, latent], books: [levels, codes, latent] }, ({ latents, books }) =>
    quantised(latents, books),
  );
  const found = await program.run({ latents, books: books.books });
  const expected = books.quantise(latents);
  expect([...found.codes]).toEqual(Array.from(expected.codes));
  found.sums.forEach((x, i) => void expect(x).toBeCloseTo(expected.sums[i], 5));
});

test("a code that nobody comes to is moved to where the latents are", () => {
  const books = new Codebooks(shape, new Float32Array(3 * 8 * 4));
  const random = new Random(1, "books");
  const near = normals("near", 200 * 4);
  books.begin(near, random);
  const far = near.map((x) => x + 50);
  for (let k = 0; k < 400; k++) books.learn(far, books.quantise(far), random);
  const used = new Set(Array.from(books.quantise(far).codes).filter((_, i) => i % 3 === 0));
  expect(used.size).toBeGreaterThan(4);
  const again = new Codebooks(shape, new Float32Array(3 * 8 * 4));
  again.load(books.state());
  expect(again.state()).toEqual(books.state());
});

test("four frames are a token, which sees no others than those near it", async () => {
  const net = encoder({ features: 3, tokenizer: shape });
  nn.initialize(net, 1);
  const T = 96;
  const frames = normals("frames", T * 3);
  const encode = async (frames: Float32Array) =>
    (await run({ frames: [1, T, 3] }, ({ frames }) => ({ z: net(frames) }), { frames })).z;
  const z = await encode(frames);
  expect(z).toHaveLength((T / 4) * 4);
  const moved = frames.slice();
  moved[0] += 5;
  const changed = await encode(moved);
  expect(changed[0]).not.toBe(z[0]);
  expect([...changed.subarray(12 * 4)]).toEqual([...z.subarray(12 * 4)]);
});

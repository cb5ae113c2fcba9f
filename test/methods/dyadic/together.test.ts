import { afterAll, expect, test } from "vitest";
import { trainingBatch } from "../../../src/methods/dyadic/batches.js";
import { dyadicShape } from "../../../src/methods/dyadic/shape.js";
import { takesOf } from "../../../src/methods/dyadic/windows.js";
import { Random } from "../../../src/random/index.js";
import { constant } from "../../../src/tensor/index.js";
import { dialogues, drawnNetwork, madeModel, micro, normals, run, shapeWith } from "./made.js";

const together = madeModel({ together: true });
const apart = madeModel();
afterAll(() => Promise.all([together.release(), apart.release()]));
const sounds = [normals("one", 16000), normals("two", 16000)].map((x) => x.map((v) => v / 8)) as [
  Float32Array,
  Float32Array,
];
const options = { steps: 3, guidance: 1, relation: "friend" } as const;

/** The motion of both, where the second one's noise is another. */
async function withOtherNoise(model: typeof together, changed = {}) {
  const noise = model.drawNoise({ ...options, seconds: 1 });
  const half = noise.length / 2;
  const other = noise.map((x, i) => (i < half ? x : -x));
  const asked = { ...options, ...changed };
  const draw = async (noise: Float32Array) => (await model.sample(asked, { sounds, noise })).dialogues[0][0].rotations;
  return [await draw(noise), await draw(other)];
}

test("who is drawn together sees what the other one does at the same moment", async () => {
  const [before, after] = await withOtherNoise(together);
  expect(after).not.toEqual(before);
});

test("who is not, who is alone, and who is not guided by it does not", async () => {
  const [before, after] = await withOtherNoise(apart);
  expect(after).toEqual(before);
  const [unguided, changed] = await withOtherNoise(together, { partnerGuidance: 0 });
  expect(changed).toEqual(unguided);
  const first = { ...options, people: "first" } as const;
  const [alone] = (await together.sample(first, { sounds })).dialogues[0];
  expect(alone.frames).toBe(30);
});

test("exchanging two people, with their noise, exchanges what they do", async () => {
  const noise = together.drawNoise({ ...options, seconds: 1 });
  const half = noise.length / 2;
  const drawn = await together.sample(options, { sounds, noise });
  const swapped = await together.sample(options, {
    sounds: [sounds[1], sounds[0]],
    noise: Float32Array.of(...noise.subarray(half), ...noise.subarray(0, half)),
  });
  expect(swapped.dialogues[0][1]!.rotations).toEqual(drawn.dialogues[0][0].rotations);
});

test("the other one's state moves only the row that it is of, and only where there is one", async () => {
  const shape = shapeWith({ together: true });
  const net = drawnNetwork(shape);
  const [B, n, d] = [2, 8, 4];
  const specs = { x: [B, n, d], other: [B, n, d], accompanied: [B] };
  const predict = async (other: Float32Array, accompanied: number[]) =>
    (
      await run(
        specs,
        ({ x, other, accompanied }) => {
          const memory = net.denoise.remember(x.mean(-1, true).mul(constant(1).broadcastTo([B, n, 16])));
          const [time, mask] = [constant([0.3, 0.7]), x.mean(-1).mul(0).add(1).greater(0.5)];
          const social = constant(new Float32Array(B * 16).fill(0.1), [B, 16]);
          return { out: net.denoise(x, time, { memory, mask, social, other, accompanied }) };
        },
        { x: normals("x", B * n * d), other, accompanied },
      )
    ).out;
  const other = normals("other", B * n * d);
  const moved = other.map((x, i) => (i < n * d ? x + 1 : x));
  const [before, after] = [await predict(other, [1, 1]), await predict(moved, [1, 1])];
  expect(after.subarray(0, n * d)).not.toEqual(before.subarray(0, n * d));
  expect(after.subarray(n * d)).toEqual(before.subarray(n * d));
  expect(await predict(moved, [0, 1])).toEqual(await predict(other, [0, 1]));
});

test("a window of training comes with the same moments of the other one, mirrored where it is", () => {
  const shape = shapeWith({ together: true });
  const takes = takesOf(dialogues().train).map((take, i) => ({
    ...take,
    tokens: 16,
    latents: normals(`latents ${i}`, 16 * 4),
    mirrored: normals(`mirrored ${i}`, 16 * 4),
  }));
  const drop = { ...{ relation: 0, traits: 0, style: 0, all: 0 }, partner: 0.5 };
  const config = { ...micro, training: { ...micro.training, drop } };
  const feeds = trainingBatch(
    takes,
    Array.from({ length: 64 }, (_, i) => i % takes.length),
    { shape, config, random: new Random(3, "batch") },
  );
  const size = shape.network.window * 4;
  const found = new Set<string>();
  for (let row = 0; row < 64; row++) {
    const own = feeds.clean.subarray(row * size, (row + 1) * size);
    const other = feeds.other!.subarray(row * size, (row + 1) * size);
    const accompanied = feeds.accompanied![row];
    const [take, partner] = [takes[row % takes.length], takes[(row % takes.length) ^ 1]];
    const side = (["latents", "mirrored"] as const).find((name) => take[name].join().includes(own.join()))!;
    const start = take[side].indexOf(own[0]);
    expect([...other]).toEqual([
      ...(accompanied ? partner[side].subarray(start, start + size) : new Float32Array(size)),
    ]);
    found.add(`${side} ${accompanied}`);
    if (!accompanied) expect(feeds.seen.subarray(row * 8, row * 8 + 8).every((x) => x === 0)).toBe(true);
  }
  expect([...found].sort()).toEqual(["latents 0", "latents 1", "mirrored 0", "mirrored 1"]);
});

test("drifting in one step has no state to see", () => {
  const shape = shapeWith({ together: true }, { objective: "drift" });
  expect(() => dyadicShape.parse(shape)).toThrow("network.together");
  expect(dyadicShape.parse(shapeWith({ together: true })).network.together).toBe(true);
});

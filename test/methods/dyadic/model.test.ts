import { afterAll, expect, test } from "vitest";
import { DyadicModel } from "../../../src/methods/dyadic/model.js";
import { dyadicNetwork } from "../../../src/methods/dyadic/network.js";
import { dialogue, madeModel } from "./made.js";

const model = madeModel();
afterAll(() => model.release());
const quick = { steps: 2, guidance: 1 };
const voice = (n: number, seed: number) =>
  Float32Array.from({ length: n }, (_, i) => 0.3 * Math.sin(i * (0.05 + 0.01 * seed)));
const sounds = [voice(32000, 1), voice(32000, 2)] as const;

test("two people move as long as their voices last, and the same seed gives the same", async () => {
  const drawn = await model.sample(quick, { sounds });
  expect(drawn.dialogues[0].map(({ frames }) => frames)).toEqual([60, 60]);
  const again = await model.sample(quick, { sounds });
  expect(again.dialogues[0][1]!.rotations).toEqual(drawn.dialogues[0][1]!.rotations);
  const other = await model.sample({ ...quick, seed: 1 }, { sounds });
  expect(other.dialogues[0][0].rotations).not.toEqual(drawn.dialogues[0][0].rotations);
  expect(
    (await model.sample({ ...quick, people: "first", seconds: 1 }, { sounds })).dialogues[0].map((c) => c.frames),
  ).toEqual([30]);
});

test("a network without weights can be described: what it can be asked for", () => {
  const described = new DyadicModel(model.config, model.shape, dyadicNetwork(model.shape));
  expect(described.options.shape).toHaveProperty("seconds");
  expect(described.parts).toHaveProperty("decoder");
});

test("how loud both were recorded makes no difference, who is louder does", async () => {
  const scaled = (a: number, b: number) =>
    model.sample(quick, { sounds: [sounds[0].map((x) => a * x), sounds[1].map((x) => b * x)] });
  const rotations = ({ dialogues: [[a]] }: Awaited<ReturnType<typeof scaled>>) => a.rotations;
  expect(rotations(await scaled(0.125, 0.125))).toEqual(rotations(await scaled(1, 1)));
  expect(rotations(await scaled(1, 0.125))).not.toEqual(rotations(await scaled(1, 1)));
});

test("exchanging two people, with their noise, exchanges what they do", async () => {
  const options = {
    ...quick,
    seconds: 2,
    relation: "friend",
    personality: [1, 0, 0, 0, 1],
    partnerPersonality: [0, 1, 0, 0, 0],
  } as const;
  const noise = model.drawNoise(options);
  const half = noise.length / 2;
  const drawn = await model.sample(options, { sounds, noise });
  const swapped = await model.sample(
    { ...options, personality: options.partnerPersonality, partnerPersonality: options.personality },
    { sounds: [sounds[1], sounds[0]], noise: Float32Array.of(...noise.subarray(half), ...noise.subarray(0, half)) },
  );
  const [a, b] = [drawn.dialogues[0][0].rotations, swapped.dialogues[0][1]!.rotations];
  expect(Math.max(...a.map((x, i) => Math.abs(x - b[i])))).toBeLessThan(1e-5);
});

test("expressiveness scales about the mean pose, of dialogues one for each", async () => {
  const dialogues = [dialogue("p"), dialogue("qq")];
  const still = await model.sample({ ...quick, count: 2, expressiveness: 0 }, { dialogues });
  const { rotations } = still.dialogues[1][0];
  expect(rotations.subarray(0, 208)).toEqual(rotations.subarray(63 * 208));
  const moving = await model.sample({ ...quick, count: 2 }, { dialogues });
  expect(moving.dialogues[1][0].rotations.subarray(0, 208)).not.toEqual(
    moving.dialogues[1][0].rotations.subarray(208, 416),
  );
});

test("what has no effect, or is missing, is refused", async () => {
  await expect(model.sample(quick)).rejects.toThrow("give `sounds`");
  await expect(model.sample({ ...quick, seconds: 3 }, { sounds })).rejects.toThrow("the sounds have 2.00");
  await expect(model.sample(quick, { sounds: [sounds[0], voice(100, 1)] })).rejects.toThrow("32000 and 100");
  await expect(model.sample({ ...quick, relation: "friend" }, { dialogues: [dialogue("p")] })).rejects.toThrow(
    "leave relation",
  );
  await expect(model.sample({ ...quick, people: "first", partnerGuidance: 2 }, { sounds })).rejects.toThrow(
    "no effect",
  );
  await expect(model.sample({ ...quick, socialGuidance: 3 }, { sounds })).rejects.toThrow("without relation");
  const plain = madeModel({}, { guided: false });
  await expect(plain.sample({ guidance: 2 } as never, { sounds })).rejects.toThrow("guidance");
  const drift = madeModel({}, { objective: "drift" });
  await expect(drift.sample({ steps: 2 } as never, { sounds })).rejects.toThrow("steps");
  expect(drift.cost({ seconds: 1, guidance: 1 })).toBe(2);
});

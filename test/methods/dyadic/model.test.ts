import { afterAll, expect, test } from "vitest";
import { Codebooks } from "../../../src/methods/dyadic/codebooks.js";
import { dyadicGraphs } from "../../../src/methods/dyadic/graphs.js";
import { encodeTakes } from "../../../src/methods/dyadic/latents.js";
import { DyadicModel } from "../../../src/methods/dyadic/model.js";
import { dyadicNetwork } from "../../../src/methods/dyadic/network.js";
import { TOKEN_FRAMES } from "../../../src/methods/dyadic/shape.js";
import { styleNumbers } from "../../../src/methods/dyadic/style.js";
import { styleOf } from "../../../src/methods/dyadic/style-clip.js";
import type { Styles } from "../../../src/models/generator.js";
import { Programs } from "../../../src/models/programs.js";
import { BODY, fromGesture } from "../../../src/motion/index.js";
import { dialogue, drawnNetwork, madeModel, shapeWith } from "./made.js";

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
  expect(swapped.dialogues[0][1]!.rotations).toEqual(drawn.dialogues[0][0].rotations);
  expect(swapped.dialogues[0][0].rotations).toEqual(drawn.dialogues[0][1]!.rotations);
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

test("a style clip moves whom it is of, in sessions too", async () => {
  const clip = fromGesture(dialogue("style", 48).people[0].gesture!, 30);
  const draw = async (styles: Styles, more = {}) =>
    (await model.sample({ ...quick, seconds: 1, ...more }, { sounds, styles })).dialogues[0];
  const plain = (await model.sample({ ...quick, seconds: 1 }, { sounds })).dialogues[0];
  const [first, second] = [await draw([clip, null]), await draw([null, clip])];
  expect(first[0].rotations).not.toEqual(plain[0].rotations);
  expect(first[1]!.rotations).toEqual(plain[1]!.rotations);
  expect(second[0].rotations).toEqual(plain[0].rotations);
  expect(second[1]!.rotations).not.toEqual(plain[1]!.rotations);
  const guided = [await draw([clip, null]), await draw([clip, null], { socialGuidance: 3 })];
  expect(guided[0][0].rotations).not.toEqual(guided[1][0].rotations);
  const blocks = [];
  const live = madeModel({ window: 12 });
  for (const styles of [undefined, [clip, null] as const]) {
    const session = await live.open({ steps: 1, guidance: 1, idle: 0 }, { styles });
    session.push(sounds[0], sounds[1]);
    blocks.push((await session.pull())!.map(({ rotations }) => rotations));
    session.close();
  }
  expect(blocks[1][0]).not.toEqual(blocks[0][0]);
  expect(blocks[1][1]).toEqual(blocks[0][1]);
  await live.release();
});

test("a style is read of a clip as training reads it of a window, of a longer one as the mean of windows", async () => {
  const shape = shapeWith({ window: 24 });
  const net = drawnNetwork(shape);
  const device = { device: "cpu", threads: 1 } as const;
  const talk = dialogue("style", 2 * 24 * TOKEN_FRAMES);
  const gesture = talk.people[0].gesture!;
  // The second half is still
  for (let at = gesture.length / 2; at < gesture.length; at++) gesture[at] = gesture[at - 258];
  const encoded = async (diffuse: "quantised" | "continuous") =>
    (await encodeTakes([{ dialogue: talk, person: 0 }], { shape, net }, { diffuse, mirror: false }, device))[0].latents;
  const exact = await encoded("continuous");
  const { mean, deviation } = net.latents;
  net.codebooks.value!.fill(0);
  // Codes of the first level: every fifth token
  for (let at = 0; at < 8 * 4; at++)
    net.codebooks.value![at] = exact[20 * (at >> 2) + (at % 4)] * deviation.value![at % 4] + mean.value![at % 4];
  const latents = await encoded("quantised");
  const programs = new Programs("style", device);
  const codebooks = new Codebooks(shape.tokenizer, net.codebooks.value!);
  const found = await styleOf(
    { shape, graphs: dyadicGraphs(net, shape), programs, codebooks },
    fromGesture(gesture, 30),
  );
  const [a, b] = [0, 1].map((i) => styleNumbers(latents.subarray(i * 24 * 4, (i + 1) * 24 * 4), 4));
  // Not the same to the last: beside a window training looks at the rest of the clip
  for (const [j, value] of found.entries()) expect(Math.abs(value - (a[j] + b[j]) / 2)).toBeLessThan(0.05);
  expect(Math.max(...a.map((value, j) => Math.abs(value - b[j])))).toBeGreaterThan(0.1);
  await programs.release();
});

test("styles that cannot be are refused", async () => {
  const clip = fromGesture(dialogue("style", 48).people[0].gesture!, 30);
  const draw = (styles: unknown, more = {}) =>
    model.sample({ ...quick, ...more }, { sounds, styles: styles as Styles });
  await expect(draw([clip])).rejects.toThrow("styles are two clips");
  await expect(draw([{ ...clip, frames: 20 }, null])).rejects.toThrow("1 s or more; it has 20 frames");
  await expect(draw([{ ...clip, skeleton: BODY }, null])).rejects.toThrow(
    "cannot be a style. This needs the body of 52",
  );
  await expect(draw([null, clip], { people: "first" })).rejects.toThrow("a style of the second has no effect");
  const bare = madeModel({ atoms: 0, activeAtoms: 0 });
  await expect(bare.sample(quick, { sounds, styles: [clip, null] })).rejects.toThrow("no dictionary of motion");
  await bare.release();
});

test("what has no effect, or is missing, is refused", async () => {
  await expect(model.sample(quick)).rejects.toThrow("give `sounds`");
  await expect(model.sample({ ...quick, seconds: 3 }, { sounds })).rejects.toThrow("the sounds have 2.00");
  await expect(model.sample(quick, { sounds: [sounds[0], voice(100, 1)] })).rejects.toThrow("32000 and 100");
  await expect(model.sample({ ...quick, relation: "friend" }, { dialogues: [dialogue("p")] })).rejects.toThrow(
    "leave relation",
  );
  await expect(model.sample({ ...quick, seconds: 1, partnerGuidance: 2 }, { sounds })).rejects.toThrow(
    "partnerGuidance has no effect in a single window",
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

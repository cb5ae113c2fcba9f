import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, expect, test } from "vitest";
import { drawVoices } from "../../src/data/dialogue/conversations.js";
import type { DialogueDataset } from "../../src/data/dialogue-dataset.js";
import { checkData, resolveData } from "../../src/data/index.js";
import { writeBvh } from "../../src/io/bvh-write.js";
import { writeNpy } from "../../src/io/npy.js";
import { encodeWav } from "../../src/io/sound-write.js";
import { fromGesture } from "../../src/motion/index.js";
import { furthest } from "../motion/fixtures.js";

const top = await mkdtemp(join(tmpdir(), "dialogues-"));
afterAll(() => rm(top, { recursive: true, force: true }));

const voices = [1, 2].map((seed) => drawVoices({ seconds: 2, seed }));
const [{ conversation, sounds }] = voices;

const wav = encodeWav;
const bvh = (side: 0 | 1, fps = 30) => writeBvh(fromGesture(conversation.people[side].gesture!, fps));
async function folder(name: string, files: Record<string, string | Uint8Array>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(top, name, path)), { recursive: true });
    await writeFile(join(top, name, path), content);
  }
  return join(top, name);
}
const pairs = {
  "talk.wav": wav(sounds),
  "talk-a.bvh": bvh(0),
  "talk-b.bvh": bvh(1),
  "chat-a.wav": wav([voices[1].sounds[0]]),
  "chat-b.wav": wav([voices[1].sounds[1]]),
  "chat-b.bvh": bvh(1),
};
const read = (path: string, options = {}) => resolveData(path, options) as Promise<DialogueDataset>;

test("how loud a pair was recorded makes no difference, who is louder does", async () => {
  const heard = async (name: string, a: number, b: number) => {
    const tone = (level: number) => Float32Array.from({ length: 32000 }, (_, i) => 0.8 * level * Math.sin(i / 10));
    const tracks = [tone(a), tone(b)];
    const own = {
      "talk.wav": wav(tracks),
      "talk-a.bvh": bvh(0),
      "chat.wav": wav(voices[1].sounds),
      "chat-a.bvh": bvh(0),
    };
    const { train, test } = await read(await folder(name, own));
    const { people } = [...train, ...test].find(({ name }) => name === "talk")!;
    return people.map(({ sound }) => Float32Array.from({ length: 60 }, (_, t) => Math.exp(sound[40 * t + 26])));
  };
  const most = (own: Float32Array) => Math.max(...own);
  const loud = await heard("loud", 1, 1);
  const quiet = await heard("quiet", 0.1, 0.1);
  const apart = await heard("apart", 1, 0.1);
  for (const person of [0, 1]) expect(most(quiet[person]) / most(loud[person])).toBeCloseTo(1, 1);
  expect(most(apart[0]) / most(apart[1]) / (most(loud[0]) / most(loud[1]))).toBeCloseTo(10, 0);
});

test("pairs of sounds and motions, with who they are", async () => {
  const told = {
    talk: {
      relation: "dating",
      a: { id: "ann" },
      b: {
        id: "bob",
        traits: { extraversion: 1, agreeableness: 0, conscientiousness: 0, neuroticism: -1, openness: 0 },
      },
    },
  };
  const path = await folder("pairs", { ...pairs, "dialogues.json": JSON.stringify(told) });
  expect(await checkData(path)).toBe("dialogue");
  const data = await read(path);
  expect([data.kind, data.fps, data.train.length, data.test.length]).toEqual(["dialogue", 30, 1, 1]);
  const all = [...data.train, ...data.test];
  const talk = all.find(({ name }) => name === "talk")!;
  expect([talk.frames, talk.relation, talk.people.map(({ id }) => id)]).toEqual([60, 3, ["ann", "bob"]]);
  expect([...talk.people[1].traits!]).toEqual([1, 0, 0, -1, 0]);
  for (const i of [0, 1]) expect(furthest(talk.people[i].gesture!, conversation.people[i].gesture!)).toBeLessThan(1e-4);
  expect(talk.people[0].sound).toHaveLength(60 * 40);
  const chat = all.find(({ name }) => name === "chat")!;
  expect([chat.relation, chat.people[0].gesture, chat.people[1].gesture?.length]).toEqual([-1, null, 60 * 258]);
  expect(data.report!.notes.join(" ")).toContain("Nobody's motion is there for chat-a");
  expect(Object.keys(data.report!.files)).toContain("talk-a.bvh");
});

test("what is missing is named, and may be left out", async () => {
  const { "chat-b.wav": _, ...rest } = pairs;
  const path = await folder("missing", { ...rest, "more.wav": pairs["talk.wav"], "more-a.bvh": bvh(0) });
  await expect(read(path)).rejects.toThrow("chat-a.wav: the sound of b is missing");
  const { report, train, test } = await read(path, { skipBroken: true });
  expect(train.length + test.length).toBe(2);
  expect(report!.leftOut[0].files.join()).toContain("the sound of b is missing");
  const silent = await folder("unmoved", { ...pairs, "lone.wav": pairs["talk.wav"] });
  await expect(read(silent)).rejects.toThrow("lone.wav: its motions are missing");
});

test("motion of another frame rate than its file says, and people on both sides", async () => {
  const slow = await folder("slow", { ...pairs, "talk-a.bvh": bvh(0, 30 / 8) });
  await expect(read(slow)).rejects.toThrow("talk: the sound lasts 2 s, the motion of talk-a 15.8 s");
  const same = { talk: { a: { id: "ann" } }, chat: { b: { id: "ann" } } };
  const linked = await folder("linked", { ...pairs, "dialogues.json": JSON.stringify(same) });
  await expect(read(linked)).rejects.toThrow("people who are linked to each other");
  const csv = await folder("csv", { ...pairs, "dialogues.csv": "name,relation\ntalk,enemy\n" });
  await expect(read(csv)).rejects.toThrow("talk");
  const stray = await folder("stray", { ...pairs, "dialogues.csv": "name,relation\ntalks,friend\n" });
  await expect(read(stray)).rejects.toThrow('tells of "talks", and there is no such dialogue');
});

/** An .npz as Seamless Interaction has it: everybody at rest but for the left shoulder. */
const npz = (frames: number) => {
  const array = (joints: number, fill: (at: number) => number) =>
    writeNpy({
      shape: [frames, joints, 3],
      data: Float32Array.from({ length: frames * joints * 3 }, (_, at) => fill(at)),
    });
  const valid = Uint8Array.from({ length: frames }, (_, t) => (t < 3 ? 0 : 1));
  return zipSync({
    "smplh:body_pose.npy": array(21, (at) => (at % 63 === 3 * 15 ? 0.5 : 0)),
    "smplh:left_hand_pose.npy": array(15, () => 0),
    "smplh:right_hand_pose.npy": array(15, () => 0),
    "smplh:is_valid.npy": writeNpy({ shape: [frames], data: valid }),
  });
};
const stem = (split: string, session: number, person: number) =>
  `naturalistic/${split}/0000/V00_S000${session}_I00000001_P000${person}`;
const seamless = Object.fromEntries(
  [
    ["train", 1, 1],
    ["train", 1, 2],
    ["test", 2, 3],
    ["test", 2, 4],
  ].flatMap(([split, session, person]) => {
    const name = stem(split as string, session as number, person as number);
    return [
      [`${name}.wav`, wav([sounds[0]])],
      [`${name}.npz`, npz(60)],
    ];
  }),
) as Record<string, Uint8Array>;

test("Seamless Interaction's layout", async () => {
  const path = await folder("seamless", {
    ...seamless,
    "relationships.csv": "session_id,relationship\nS0001,Friends\nS0002,strangers\n",
    "participants.csv":
      "participant_id,bfi_extraversion,bfi_agreeableness,bfi_conscientiousness,bfi_neuroticism,bfi_openness\nP0001,1,2,3,4,5\nP0002,3,2,3,4,5\n",
  });
  const data = await read(path);
  const [dialogue] = data.train;
  expect([data.train.length, data.test.length, dialogue.relation, data.test[0].relation]).toEqual([1, 1, 0, 1]);
  expect(dialogue.people.map(({ traits }) => traits?.[0])).toEqual([-1, 1]);
  expect(data.test[0].people[0].traits).toBe(null);
  expect([...dialogue.people[0].valid!.subarray(0, 5)]).toEqual([0, 0, 0, 1, 1]);
  const shoulder = [...dialogue.people[0].gesture!.subarray(6 * 7, 6 * 7 + 6)];
  expect(shoulder).toEqual([1, 0, 0, 0, Math.cos(0.5), Math.sin(0.5)].map((value) => expect.closeTo(value, 5)));
});

test("of Seamless Interaction a missing partner and 240 frames called 30 are named", async () => {
  const { [`${stem("train", 1, 2)}.wav`]: _, [`${stem("train", 1, 2)}.npz`]: __, ...rest } = seamless;
  const alone = await folder("alone", rest);
  await expect(read(alone)).rejects.toThrow("P0001.wav: the partner is missing");
  const fast = await folder("fast", { ...seamless, [`${stem("train", 1, 2)}.npz`]: npz(480) });
  await expect(read(fast)).rejects.toThrow("as if its frames were 240 a second and not as the file says");
  const shifted = await folder("shifted", { ...seamless, [`${stem("train", 1, 2)}.npz`]: npz(95) });
  await expect(read(shifted)).rejects.toThrow("Its time stamps may be shifted");
});

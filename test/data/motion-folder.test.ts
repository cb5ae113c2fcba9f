import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { checkData, resolveData, resolveMotion } from "../../src/data/index.js";
import { captionFromName, mirroredWords } from "../../src/data/motion/captions.js";
import { reportText } from "../../src/data/report.js";
import { writeBvh } from "../../src/io/bvh-write.js";
import { writeGlb } from "../../src/io/gltf-write.js";
import { writeNpy } from "../../src/io/npy.js";
import { fitBody } from "../../src/motion/fit.js";
import { toHumanml, toStart } from "../../src/motion/index.js";
import { positionsOf } from "../../src/motion/kinematics.js";
import { randomClip } from "../motion/fixtures.js";

const made: string[] = [];
afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true }))));

/** A folder called `motions` with the given files. */
async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const above = await mkdtemp(join(tmpdir(), "motions-"));
  made.push(above);
  const folder = join(above, "motions");
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}
const bvh = (seed: number, frames = 5, fps = 20) => writeBvh(randomClip(seed, frames, { fps }));
const captions = ({ train, test: held }: Awaited<ReturnType<typeof resolveMotion>>) =>
  Object.fromEntries([...train, ...held].map(({ name, segments }) => [name, segments[0].captions]));

test("a caption is the words of a file's name, without what numbers its take", () => {
  const names = [
    "walk_slowly_01.bvh",
    "B09_WalkTurnLeft90_T2",
    "jump-up",
    "Idle2",
    "01_03",
    "turn_left_90",
    "walk 12.glb",
    "ÜberSprung",
  ];
  expect(names.map(captionFromName)).toEqual([
    "walk slowly",
    "walk turn left 90",
    "jump up",
    "idle",
    "01_03",
    "turn left 90",
    "walk",
    "über sprung",
  ]);
});

test("a mirror exchanges the words of the sides, and no others", () => {
  expect(mirroredWords("Left hand up, turns right brightly, counter-clockwise; turn_left, TurnRight90")).toBe(
    "Right hand up, turns left brightly, clockwise; turn_right, TurnLeft90",
  );
});

test("subfolders are classes; motions of 60 frames a second become 20, and the report says what was read", async () => {
  const folder = await folderOf({
    ...Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`walk/walk_${i}.bvh`, bvh(i, 13, 60)])),
    "wave/two.glb": await writeGlb([
      { name: "wave left", clip: randomClip(8, 4) },
      { name: "wave right", clip: randomClip(9, 6) },
    ]),
    "notes.docx": "x",
  });
  const data = await resolveData(folder);
  if (data.kind !== "motion") throw new Error(data.kind);
  expect(data).toMatchObject({ id: "motions", fps: 20, classNames: ["walk", "wave"], origin: "captured" });
  expect([data.train.length, data.test.length]).toEqual([7, 1]);
  const [first] = data.train;
  expect(first.clip).toMatchObject({ fps: 20, frames: 5 });
  expect(data.train.slice(5).map(({ name, segments }) => ({ name, segments }))).toEqual([
    { name: "wave/two.glb#wave left", segments: [{ start: 0, end: 4, captions: ["wave left"], label: 1 }] },
    { name: "wave/two.glb#wave right", segments: [{ start: 0, end: 6, captions: ["wave right"], label: 1 }] },
  ]);
  expect(data.test[0].name).toMatch(/^walk\/walk_\d\.bvh$/);
  expect(reportText(data.report!)).toBe(
    "motions: 8 motions, 2.0 s at 20 frames a second, 2 classes (walk 6, wave 2), 1 (13 %) for testing; left out: 1 .docx (format).\n" +
      "Lengths are read as cm (6), m (2); skeletons as SMPL. Captions are the words of the files' names; better ones stand in captions.csv (file,caption).",
  );
  expect(Object.keys(data.report!.files)).toHaveLength(7);
});

test("captions stand in files beside: a table, JSON, a file of the motion's name, and as HumanML3D writes them", async () => {
  const folder = await folderOf({
    ...Object.fromEntries(["a", "b", "c", "d", "e"].map((name, i) => [`${name}.bvh`, bvh(i)])),
    "captions.csv": 'file,caption\na.bvh,"walks, then ""waves"""\nb,strolls\nb,walks\n',
    "captions.json": JSON.stringify({ "c.bvh": ["hops", "jumps"] }),
    "d.txt": "sits down#sit/VERB down/ADV#0.0#0.0\nrests\n",
  });
  const data = await resolveMotion(folder);
  expect(captions(data)).toEqual({
    "a.bvh": ['walks, then "waves"'],
    "b.bvh": ["strolls", "walks"],
    "c.bvh": ["hops", "jumps"],
    "d.bvh": ["sits down", "rests"],
    "e.bvh": ["e"],
  });
  expect(data.report!.leftOut).toEqual([]);
  expect(data.report!.notes.join(" ")).toContain("1 caption is the words of the files' names");
  const refused = async (name: string, content: string, message: string) => {
    const broken = await folderOf({ "a.bvh": bvh(0), "b.bvh": bvh(1), [name]: content });
    await expect(resolveMotion(broken)).rejects.toThrow(message);
  };
  await refused(
    "captions.csv",
    "a.bvh,walks\nz.bvh,flies",
    'captions.csv has a caption for "z.bvh", and there is no such motion',
  );
  await refused("captions.csv", "a.bvh", 'captions.csv, line 1: a line is a file, a comma and a caption, got "a.bvh"');
  await refused("captions.json", "{", "captions.json is no JSON");
  await refused("captions.json", '{"a.bvh": 3}', "captions.json: it.a.bvh is 3");
  await refused("a.txt", "\n", "a.txt has no caption");
});

test("mirrored motions stand beside their own, on the same side of the split, with the classes of the other side", async () => {
  const folder = await folderOf({
    ...Object.fromEntries(
      [0, 1, 2, 3, 4].flatMap((i) => [
        [`turn_left/turn left ${i}.bvh`, bvh(i)],
        [`turn_right/turn right ${i}.bvh`, bvh(i + 5)],
      ]),
    ),
    "kick_left/kick.bvh": bvh(11),
  });
  const { train, test: held, classNames } = await resolveMotion(folder, { mirror: true });
  expect([train.length, held.length]).toEqual([17, 4]); // kicks have no right side to become
  const all = [...train, ...held];
  const at = all.findIndex(({ name }) => name === "turn_left/turn left 2.bvh");
  const [own, other] = all.slice(at, at + 2);
  expect(other.name).toBe("turn_left/turn left 2.bvh (mirrored)");
  expect(other.segments[0]).toEqual({
    start: 0,
    end: 5,
    captions: ["turn right"],
    label: classNames!.indexOf("turn_right"),
  });
  expect(other.clip.root[6]).toBeCloseTo(-own.clip.root[6], 6);
});

test("folders called train and test are splits", async () => {
  const folder = await folderOf({ "train/a.bvh": bvh(0), "train/b.bvh": bvh(1), "test/c.bvh": bvh(2) });
  const { train, test: held, classNames } = await resolveMotion(folder);
  expect([train.length, held.map(({ name }) => name), classNames]).toEqual([2, ["test/c.bvh"], null]);
});

test("a broken file is named with its line and nothing is read, unless broken ones are left out", async () => {
  const folder = await folderOf({
    "walk/a.bvh": bvh(0),
    "walk/b.bvh": bvh(1),
    "walk/c.bvh": bvh(2).replace("Frames: 5", "Frames: 9"),
  });
  await expect(resolveMotion(folder)).rejects.toThrow(
    /^walk\/c\.bvh, line \d+: the file ends after 5 of 9 frames.*\nOr leave such files out with --skip-broken/s,
  );
  const heard: string[] = [];
  const data = await resolveMotion(folder, { skipBroken: true, onSkip: (path) => heard.push(path) });
  expect(heard).toEqual([join(folder, "walk/c.bvh")]);
  expect(data.report!.leftOut).toEqual([
    { count: 1, what: "unreadable", why: null, files: [expect.stringMatching(/^walk\/c.bvh: c.bvh, line/)] },
  ]);
});

test("skeleton.json says which joints an unknown skeleton's are; it holds for its folder and those below", async () => {
  const strange = (seed: number) => bvh(seed).replaceAll("leftShoulder", "flipper");
  const files = { "sea/a.bvh": strange(0), "sea/b.bvh": strange(1) };
  await expect(resolveMotion(await folderOf(files))).rejects.toThrow(
    /sea\/a\.bvh: its skeleton is none that is known.*nothing was found for leftShoulder/s,
  );
  const map = (value: unknown) => ({ ...files, "skeleton.json": JSON.stringify(value) });
  const { train, report } = await resolveMotion(await folderOf(map({ joints: { leftShoulder: "flipper" } })));
  expect(train).toHaveLength(1);
  expect(report!.notes[0]).toContain("skeletons as skeleton.json");
  await expect(resolveMotion(await folderOf(map({ joint: {} })))).rejects.toThrow(
    'has a field "joint", which this version does not know',
  );
});

test("what a place holds is told without reading it, and options of other data are refused", async () => {
  const folder = await folderOf({ "a.bvh": bvh(0), "b.bvh": bvh(1) });
  expect(await checkData(folder)).toBe("motion");
  expect(await checkData("accad-female1")).toBe("motion");
  await expect(checkData(folder, { size: 32 })).rejects.toThrow("holds motions, for which --size would have no effect");
  await expect(checkData("accad-female1", { skipBroken: true })).rejects.toThrow("--skip-broken would have no effect");
  await expect(resolveMotion(folder, { mirror: 1 as never })).rejects.toThrow("mirror must be true or false, got 1");
  await expect(resolveMotion("accad-female1", { mirror: true })).rejects.toThrow("would have no effect");
  await expect(resolveMotion("nowhere")).rejects.toThrow(
    '"nowhere" is neither a data set\'s name (accad-female1, locomotion) nor a folder',
  );
  await expect(resolveMotion(join(folder, "a.bvh"))).rejects.toThrow("a.bvh is a file; motions are read from a folder");
  await expect(resolveMotion(await folderOf({ "a.bvh": bvh(0) }))).rejects.toThrow(
    "has one motion; at least two are needed",
  );
  await expect(resolveMotion(await folderOf({ "a.txt": "x" }))).rejects.toThrow("has no motions (BVH, GLB or VRMA)");
});

test("a folder laid out as HumanML3D: bodies fitted to its joints, captions of parts as motions of their own", async () => {
  const clip = randomClip(7, 24);
  const places = toStart(Float64Array.from(positionsOf(clip)));
  const rows = Float32Array.from(toHumanml(places));
  const npy = writeNpy({ shape: [23, 263], data: rows });
  const text = "walks#walk/VERB#0.0#0.0\nstrolls#stroll/VERB#0.0#0.0\nstops#stop/VERB#0.5#1.0\n";
  const folder = await folderOf({
    "new_joint_vecs/000001.npy": npy,
    "new_joint_vecs/000002.npy": npy,
    "texts/000001.txt": text,
    "texts/000002.txt": "runs#run/VERB#0.0#0.0",
    "train.txt": "000001\n000404\n",
    "test.txt": "000002\n",
    "Mean.npy": "x",
  });
  expect(await checkData(folder)).toBe("motion");
  const data = await resolveMotion(folder);
  expect(captions(data)).toEqual({ "000001": ["walks", "strolls"], "000001#10-20": ["stops"], "000002": ["runs"] });
  expect(data.report!.leftOut).toEqual([{ count: 1, what: "named and not there", why: null, files: ["000404"] }]);
  const [{ clip: found }, part] = data.train;
  expect(found.frames).toBe(23);
  const back = positionsOf(found);
  let furthest = 0; // the clip's own bones are the body's, so that places come back but for what twists hide
  for (const joint of [1, 2, 4, 5, 7, 8, 10, 11])
    for (let axis = 0; axis < 3; axis++)
      furthest = Math.max(furthest, Math.abs(back[3 * (22 * 5 + joint) + axis] - places[3 * (22 * 5 + joint) + axis]));
  expect(furthest).toBeLessThan(2e-3);
  expect([...part.clip.root.slice(0, 3)]).toEqual([...found.root.slice(30, 33)]);
  await cp(join(folder, "texts/000002.txt"), join(folder, "texts/000003.txt"));
  await writeFile(join(folder, "train.txt"), "000001\n000003\n");
  await writeFile(join(folder, "new_joint_vecs/000003.npy"), writeNpy({ shape: [2, 3], data: new Float32Array(6) }));
  await expect(resolveMotion(folder)).rejects.toThrow(
    "000003.npy has numbers of shape [2, 3]; HumanML3D's are [frames, 263]",
  );
  expect((await resolveMotion(folder, { skipBroken: true })).train).toHaveLength(2);
});

test("places that no body has are refused", () => {
  expect(() => fitBody(new Float32Array(66), 20)).toThrow("The legs have no length");
  expect(() => fitBody(new Float32Array(60), 20)).toThrow("66 numbers a frame, got 60");
  const places = positionsOf(randomClip(1, 2)).map((value, i) => (i === 70 ? Number.NaN : value));
  expect(() => fitBody(places, 20)).toThrow("Frame 1 has a place that is no number");
});

import { WebIO } from "@gltf-transform/core";
import { expect, test } from "vitest";
import { mapSkeleton } from "../../src/data/motion/skeletons.js";
import { readGltf } from "../../src/io/gltf-read.js";
import { writeGlb, writeVrma } from "../../src/io/gltf-write.js";
import { positionsOf } from "../../src/motion/kinematics.js";
import { recordedPose } from "../../src/motion/recording.js";
import { retarget } from "../../src/motion/retarget.js";
import { aboutAxis, multiply, type Quaternion } from "../../src/motion/rotations.js";
import { BODY, BODY_NAMES } from "../../src/motion/skeleton.js";
import { furthest, randomClip } from "../motion/fixtures.js";

const clip = randomClip(2, 7);
const json = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + view.getUint32(12, true))));
};
/** The file with its JSON changed. */
const changed = (bytes: Uint8Array, change: (json: any) => void): Uint8Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const rest = bytes.subarray(20 + view.getUint32(12, true));
  const value = json(bytes);
  change(value);
  const text = new TextEncoder().encode(JSON.stringify(value));
  const padded = new Uint8Array(Math.ceil(text.length / 4) * 4).fill(32);
  padded.set(text);
  const out = new Uint8Array(20 + padded.length + rest.length);
  out.set(bytes.subarray(0, 20));
  out.set(padded, 20);
  out.set(rest, 20 + padded.length);
  new DataView(out.buffer).setUint32(8, out.length, true);
  new DataView(out.buffer).setUint32(12, padded.length, true);
  return out;
};

test("a GLB has the clips back as animations, with a figure that stands on the floor", async () => {
  const other = randomClip(3, 4);
  const bytes = await writeGlb([
    { name: "walk", clip },
    { name: "run", clip: other },
  ]);
  const recordings = await readGltf(bytes, "two.glb");
  expect(recordings.map(({ name, fps, frames }) => ({ name, fps, frames }))).toEqual([
    { name: "walk", fps: 20, frames: 7 },
    { name: "run", fps: 20, frames: 4 },
  ]);
  for (const [i, one] of [clip, other].entries()) {
    const recording = recordings[i];
    const { map, missing, known } = mapSkeleton("two.glb", recording.joints, recording.parents);
    expect({ missing, known }).toEqual({ missing: [], known: "SMPL" });
    const found = retarget(recording, map, { floor: false });
    expect(found.unit).toBe("m");
    expect(furthest(positionsOf(found.clip), positionsOf(one))).toBeLessThan(1e-5);
  }
  const { skins, meshes, scenes, nodes, accessors } = json(bytes);
  expect(skins[0].joints).toHaveLength(22);
  const positions = accessors[meshes[0].primitives[0].attributes.POSITION];
  expect(positions.min[1]).toBeGreaterThan(-0.03);
  expect(positions.min[1]).toBeLessThan(0.01);
  expect(positions.max[1]).toBeCloseTo(1.72, 1);
  expect(positions.max[0]).toBeCloseTo(-positions.min[0], 5);
  expect(scenes[0].nodes.map((node: number) => nodes[node].name)).toEqual(["pelvis", "figure"]);
});

test("rotations are of length 1 and take the short way from key to key", async () => {
  const rotations = clip.rotations.map((value, at) => (Math.floor(at / 88) % 2 === 1 ? -1.5 * value : value));
  const io = new WebIO();
  const document = await io.readBinary(await writeGlb([{ name: "flipped", clip: { ...clip, rotations } }]));
  const outputs = document
    .getRoot()
    .listAnimations()[0]
    .listChannels()
    .filter((channel) => channel.getTargetPath() === "rotation");
  expect(outputs).toHaveLength(22);
  for (const output of outputs) {
    const values = output.getSampler()!.getOutput()!.getArray()!;
    for (let t = 0; t < 7; t++) {
      const [a, b] = [[...values.slice(4 * t, 4 * t + 4)], values.slice(4 * t - 4, 4 * t)];
      expect(Math.hypot(...a)).toBeCloseTo(1, 6);
      if (t > 0) expect(a.reduce((sum, value, i) => sum + value * b[i], 0)).toBeGreaterThan(0);
    }
  }
});

test("a VRMA names its bones, moves only its hips, and comes back", async () => {
  const bytes = await writeVrma({ name: "walk", clip });
  const { extensions, extensionsUsed, nodes, animations, meshes } = json(bytes);
  expect(extensionsUsed).toEqual(["VRMC_vrm_animation"]);
  expect(extensions.VRMC_vrm_animation.specVersion).toBe("1.0");
  const bones: Record<string, { node: number }> = extensions.VRMC_vrm_animation.humanoid.humanBones;
  expect(Object.keys(bones).sort().join(" ")).toBe(
    "chest head hips leftFoot leftHand leftLowerArm leftLowerLeg leftShoulder leftToes leftUpperArm leftUpperLeg neck " +
      "rightFoot rightHand rightLowerArm rightLowerLeg rightShoulder rightToes rightUpperArm rightUpperLeg spine upperChest",
  );
  expect(meshes).toBeUndefined();
  const moved = animations[0].channels.filter(({ target }: any) => target.path === "translation");
  expect(moved.map(({ target }: any) => target.node)).toEqual([bones.hips.node]);
  expect(nodes[bones.hips.node].translation[1]).toBeCloseTo(0.99, 6);
  const unnamed = changed(bytes, ({ nodes }) => {
    for (const [i, node] of nodes.entries()) node.name = `n${i}`;
  });
  for (const file of [bytes, unnamed]) {
    const [recording] = await readGltf(file, "walk.vrma");
    const { map, known } = mapSkeleton("walk.vrma", recording.joints, recording.parents);
    expect(known).toBe("VRM");
    expect(furthest(positionsOf(retarget(recording, map, { floor: false }).clip), positionsOf(clip))).toBeLessThan(
      1e-5,
    );
  }
});

test("nodes above a skeleton that turn and shrink it count, as Mixamo's do", async () => {
  const bytes = changed(await writeGlb([{ name: "walk", clip }]), (json) => {
    const turn = aboutAxis([1, 0, 0], -Math.PI / 2);
    json.nodes.push({ name: "Armature", rotation: turn, scale: [0.01, 0.01, 0.01], children: [0] });
    json.scenes[0].nodes = [json.nodes.length - 1];
  });
  const [recording] = await readGltf(bytes, "walk.glb");
  const pelvis = recordedPose(recording, 3).places[recording.joints.indexOf("pelvis")];
  const [x, y, z] = clip.root.subarray(9);
  expect(pelvis.map((value) => value * 100)).toEqual([x, z, -y].map((value) => expect.closeTo(value, 4)));
});

test("keys between which there are steps or cubic curves, and keys at uneven times", async () => {
  const two = { ...randomClip(4, 2, { fps: 1 }) };
  const bytes = await writeGlb([{ name: "walk", clip: two }]);
  const stepped = changed(bytes, (json) => {
    for (const sampler of json.animations[0].samplers) sampler.interpolation = "STEP";
  });
  const [step] = await readGltf(stepped, "step.glb");
  expect([step.fps, step.frames]).toEqual([1, 2]);
  expect([...step.places.subarray(0, 3)]).toEqual([...two.root.subarray(0, 3)]);
  const document = await new WebIO().readBinary(bytes);
  const [animation] = document.getRoot().listAnimations();
  const [channel] = animation.listChannels().filter((one) => one.getTargetPath() === "translation");
  const buffer = document.getRoot().listBuffers()[0];
  const times = document
    .createAccessor()
    .setType("SCALAR")
    .setArray(Float32Array.of(0, 0.3, 1))
    .setBuffer(buffer);
  // x = t³ with its slopes 3t²; each key is its slope in, value, slope out
  const cube = [0, 0.3, 1].flatMap((t) => [3 * t * t, 0, 0, t ** 3, 0, 0, 3 * t * t, 0, 0]);
  const output = document.createAccessor().setType("VEC3").setArray(Float32Array.from(cube)).setBuffer(buffer);
  const sampler = document.createAnimationSampler().setInput(times).setOutput(output).setInterpolation("CUBICSPLINE");
  animation.addSampler(sampler);
  channel.setSampler(sampler);
  const [cubic] = await readGltf(await new WebIO().writeBinary(document), "cubic.glb");
  expect([cubic.fps, cubic.frames]).toEqual([10, 11]);
  const pelvis = cubic.joints.indexOf("pelvis");
  for (let frame = 0; frame <= 10; frame++)
    expect(cubic.places[3 * (frame * cubic.joints.length + pelvis)]).toBeCloseTo((frame / 10) ** 3, 5);
});

test("a turn between two keys is on the way from one to the other", async () => {
  const rotations = new Float32Array(2 * 88);
  const [a, b] = [aboutAxis([0, 1, 0], 0.2), multiply(aboutAxis([0, 1, 0], 1.4), [0, 0, 0, 1] as Quaternion)];
  for (let joint = 0; joint < 22; joint++) rotations.set(a, 4 * joint);
  for (let joint = 0; joint < 22; joint++) rotations.set(b, 88 + 4 * joint);
  const turning = { skeleton: BODY, fps: 2, frames: 2, rotations, root: new Float32Array(6), contacts: null };
  const document = await new WebIO().readBinary(await writeGlb([{ name: "turn", clip: turning }]));
  const times = document
    .createAccessor()
    .setType("SCALAR")
    .setArray(Float32Array.of(0, 0.1, 0.5));
  times.setBuffer(document.getRoot().listBuffers()[0]);
  const move = document
    .getRoot()
    .listAnimations()[0]
    .listChannels()
    .find((one) => one.getTargetPath() === "translation")!;
  const places = document.createAccessor().setType("VEC3").setArray(new Float32Array(9));
  move.getSampler()!.setInput(times).setOutput(places.setBuffer(document.getRoot().listBuffers()[0]));
  const [recording] = await readGltf(await new WebIO().writeBinary(document), "turn.glb");
  expect([recording.fps, recording.frames]).toEqual([10, 6]);
  const joint = recording.joints.indexOf("head");
  const angles = Array.from(
    { length: 6 },
    (_, t) => 2 * Math.asin(recording.rotations[4 * (t * recording.joints.length + joint) + 1]),
  );
  for (const [t, angle] of angles.entries()) expect(angle).toBeCloseTo(0.2 + (1.2 * t) / 5, 5);
});

test("what is no GLB, has no animation or is compressed is refused with what to do", async () => {
  const bytes = await writeGlb([{ name: "walk", clip }]);
  const refused = (file: Uint8Array) => expect(readGltf(file, "walk.glb")).rejects;
  await refused(new TextEncoder().encode("{}")).toThrow("walk.glb is no GLB: its first bytes are others.");
  await refused(bytes.subarray(0, 60)).toThrow(`walk.glb is cut short: it has 60 of ${bytes.length} bytes.`);
  await refused(bytes.subarray(0, 8)).toThrow("walk.glb is cut short: it has 8 of 12 bytes.");
  await refused(changed(bytes, (json) => delete json.animations)).toThrow(
    "walk.glb has no animation. Export it with one.",
  );
  await refused(changed(bytes, (json) => (json.bufferViews[0].extensions = { EXT_meshopt_compression: {} }))).toThrow(
    "walk.glb is compressed by meshopt, which is not read. Export it without compression.",
  );
  await refused(changed(bytes, (json) => (json.nodes[0].scale = [1, 2, 1]))).toThrow(
    '"pelvis" is scaled by 1, 2, 1, unevenly',
  );
  expect(BODY_NAMES).toHaveLength(22);
});

test("clips of other skeletons do not go into one file, nor another skeleton into a VRMA", async () => {
  const skeleton = { ...BODY, offsets: BODY.offsets.map((value) => value * 1.1) };
  const clips = [
    { name: "a", clip },
    { name: "b", clip: { ...clip, skeleton } },
  ];
  await expect(writeGlb(clips)).rejects.toThrow('The clip "b" has another skeleton than the first');
  const few = { names: ["root"], parents: [-1], offsets: new Float32Array(3) };
  const one = { ...clip, skeleton: few, rotations: Float32Array.of(0, 0, 0, 1), root: new Float32Array(3), frames: 1 };
  await expect(writeVrma({ name: "a", clip: one })).rejects.toThrow("got a skeleton of 1");
});

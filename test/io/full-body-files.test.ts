import { unzipSync } from "fflate";
import { expect, test } from "vitest";
import { recordingsIn } from "../../src/data/motion/read-file.js";
import { readBvh } from "../../src/io/bvh.js";
import { writeBvh } from "../../src/io/bvh-write.js";
import { readGltf } from "../../src/io/gltf-read.js";
import { writeGlb, writePairGlb, writeVrma } from "../../src/io/gltf-write.js";
import { writeNpz } from "../../src/io/motion-npz.js";
import { writeTable } from "../../src/io/motion-table.js";
import { readNpy } from "../../src/io/npy.js";
import { GESTURE_CHANNELS, gestureOf } from "../../src/motion/gesture-channels.js";
import { FULL_BODY, fromGesture, fullBodyVrmBones, positionsOf } from "../../src/motion/index.js";
import { recordedPose } from "../../src/motion/recording.js";
import { furthest, randomClip } from "../motion/fixtures.js";

const clip = randomClip(2, 5, { skeleton: FULL_BODY, fps: 30 });

const json = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + view.getUint32(12, true))));
};
/** A body at rest but for one channel. */
const turned = (channel: string, radians: number) =>
  fromGesture(gestureOf(GESTURE_CHANNELS.map((name) => (name === channel ? radians : 0))), 30);
const joint = (name: string): number => FULL_BODY.names.indexOf(name);

/** Where every joint is as a file has it. */
const placesIn = (recording: Awaited<ReturnType<typeof readGltf>>[number], frame: number, prefix = "") => {
  const { places } = recordedPose(recording, frame);
  return FULL_BODY.names.flatMap((name) => places[recording.joints.indexOf(prefix + name)]);
};

test("BVH and GLB keep all 52 joints", async () => {
  const expected = positionsOf(clip).subarray(3 * 52 * 4);
  const bvh = readBvh(writeBvh(clip), "a.bvh");
  expect(new Set(bvh.joints)).toEqual(new Set(FULL_BODY.names));
  expect(
    furthest(
      placesIn({ ...bvh, name: "a" }, 4),
      expected.map((value) => 100 * value),
    ),
  ).toBeLessThan(1e-2);
  const [glb] = await readGltf(await writeGlb([{ name: "a", clip }]), "a.glb");
  expect(furthest(placesIn(glb, 4), expected)).toBeLessThan(1e-5);
});

test("a table and NumPy's arrays have a column and a row for each joint", () => {
  const [header, first] = writeTable(clip).split("\n");
  expect(header.split(",")).toHaveLength(1 + 7 + 3 * 51 + 4);
  expect(header).toContain("rightThumb3_y_rad");
  expect(first.split(",")).toHaveLength(header.split(",").length);
  const arrays = unzipSync(writeNpz(clip));
  expect(readNpy(arrays["rotations.npy"], "rotations").shape).toEqual([5, 52, 4]);
});

test("a VRMA has 52 bones, fingers too; a raised left hand is the left hand", async () => {
  const [rest, raised] = [turned("leftShoulder", 0), turned("leftShoulder", 1.2)].map((one) => positionsOf(one));
  const at = 3 * joint("leftWrist");
  expect(raised[at]).toBeGreaterThan(0.2);
  expect(raised[at + 1]).toBeGreaterThan(rest[at + 1] + 0.2);
  expect(raised[at + 2]).toBeGreaterThan(rest[at + 2] + 0.2);
  const bytes = await writeVrma({ name: "raise", clip: turned("leftShoulder", 1.2) });
  const { nodes, extensions } = json(bytes);
  const bones = extensions.VRMC_vrm_animation.humanoid.humanBones;
  expect(Object.keys(bones).sort()).toEqual([...fullBodyVrmBones].sort());
  const parentOf = (bone: string) => nodes.find(({ children }: any) => children?.includes(bones[bone].node))?.name;
  expect(parentOf("leftThumbMetacarpal")).toBe("leftHand");
  expect(parentOf("rightLittleDistal")).toBe("rightLittleIntermediate");
  const [recording] = await readGltf(bytes, "raise.vrma");
  const hand = recordedPose(recording, 0).places[recording.joints.indexOf("leftHand")];
  expect([...hand]).toEqual([...raised.subarray(at, at + 3)].map((value) => expect.closeTo(value, 5)));
});

test("two people are one GLB, 1.2 m apart, face to face, on one timeline", async () => {
  const bytes = await writePairGlb("talk", [turned("leftShoulder", 1.2), turned("rightShoulder", 1.2)]);
  const { skins, meshes, animations, scenes } = json(bytes);
  expect([skins.length, meshes.length, animations.length, scenes[0].nodes.length]).toEqual([2, 2, 1, 4]);
  expect(animations[0].channels).toHaveLength(2 * 53);
  const [recording] = await readGltf(bytes, "talk.glb");
  const { places } = recordedPose(recording, 0);
  const place = (name: string) => places[recording.joints.indexOf(name)];
  expect(place("a:pelvis")[2]).toBeCloseTo(-0.6, 6);
  expect(place("b:pelvis")[2]).toBeCloseTo(0.6, 6);
  for (const name of ["a:leftWrist", "b:rightWrist"]) expect(Math.abs(place(name)[2])).toBeLessThan(0.4);
  expect(place("a:leftWrist")[0]).toBeGreaterThan(0.1);
  expect(place("b:rightWrist")[0]).toBeGreaterThan(0.1);
  await expect(recordingsIn(bytes, "talk.glb")).rejects.toThrow(/talk\.glb holds two people.*--out talk\.bvh/);
  await expect(writePairGlb("talk", [clip, turned("neckYaw", 1)])).rejects.toThrow(
    "got 5 frames at 30 a second and 1 at 30",
  );
});

import * as vrmPackage from "@pixiv/three-vrm";
import { createVRMAnimationClip, VRMAnimationLoaderPlugin } from "@pixiv/three-vrm-animation";
import { AnimationMixer, type Bone, type Object3D, Quaternion, type SkinnedMesh, Vector3 } from "three";
import { BVHLoader } from "three/addons/loaders/BVHLoader.js";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { readVrm } from "../../studio/src/figure/vrm.js";

/** The package's types lose what it exports from its parts. */
const { VRM, VRMHumanoid } = vrmPackage as unknown as Record<"VRM" | "VRMHumanoid", new (from: object) => any>;

// What the test of motions in three.js runs in a page.

/** A figure's bones as its file has them. */
interface Raw {
  readonly humanoid: { getRawBoneNode(name: string): Object3D | null };
}
type Place = [number, number, number];
const placeOf = (node: Object3D): Place => node.getWorldPosition(new Vector3()).toArray();
const bytesOf = (base64: string): ArrayBuffer => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
const load = (base64: string) => {
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMAnimationLoaderPlugin(parser));
  return loader.parseAsync(bytesOf(base64), "");
};

/** Where a GLB's joints are at a time of its first animation, by name; and a corner of its figure at the left hand. */
export async function glb(base64: string, time: number) {
  const { scene, animations } = await load(base64);
  const mixer = new AnimationMixer(scene);
  mixer.clipAction(animations[0]).play();
  mixer.setTime(time);
  scene.updateMatrixWorld(true);
  const places: Record<string, Place> = {};
  scene.traverse((node) => {
    if ((node as Bone).isBone) places[node.name] = placeOf(node);
  });
  const figure = scene.getObjectByName("figure") as SkinnedMesh;
  const corners = figure.geometry.attributes.position.count;
  const skinned = Array.from({ length: corners }, (_, i) =>
    figure.applyBoneTransform(i, new Vector3().fromBufferAttribute(figure.geometry.attributes.position, i)),
  );
  const rest = Array.from({ length: corners }, (_, i) => figure.geometry.attributes.position.getX(i));
  const hand = rest.indexOf(Math.max(...rest));
  return { places, clips: animations.map(({ name, duration }) => ({ name, duration })), hand: skinned[hand].toArray() };
}

/** Where a VRM's bones are when a VRMA moves it: the VRM is made of the joints of a GLB of the body. */
export async function vrma(base64: string, body: string, bones: Record<string, string>, time: number) {
  const { scene } = await load(body);
  const node = (bone: string) => scene.getObjectByName(bones[bone])!;
  const human = Object.fromEntries(Object.keys(bones).map((bone) => [bone, { node: node(bone) }]));
  const humanoid = new VRMHumanoid(human);
  scene.add(humanoid.normalizedHumanBonesRoot);
  const vrm = new VRM({ scene, humanoid, meta: { metaVersion: "1" } });
  const { userData } = await load(base64);
  const [animation] = userData.vrmAnimations;
  const mixer = new AnimationMixer(scene);
  mixer.clipAction(createVRMAnimationClip(animation, vrm)).play();
  mixer.setTime(time);
  vrm.update(0);
  scene.updateMatrixWorld(true);
  return {
    places: Object.fromEntries(Object.keys(bones).map((bone) => [bone, placeOf(node(bone))])),
    turned: [...animation.humanoidTracks.rotation.keys()],
    moved: [...animation.humanoidTracks.translation.keys()],
    rest: animation.restHipsPosition.toArray(),
    upright: new Quaternion().angleTo(node("hips").getWorldQuaternion(new Quaternion())),
  };
}

/** Where the hands of a VRM file's figure are at a time of a VRMA. */
export async function animated(base64: string, file: string, time: number): Promise<Record<string, Place>> {
  const { vrm } = await readVrm(new Blob([bytesOf(file)]));
  const { userData } = await load(base64);
  const mixer = new AnimationMixer(vrm.scene);
  mixer.clipAction(createVRMAnimationClip(userData.vrmAnimations[0], vrm as never)).play();
  mixer.setTime(time);
  vrm.update(0);
  vrm.scene.updateMatrixWorld(true);
  const raw = (name: string) => placeOf((vrm as unknown as typeof vrm & Raw).humanoid.getRawBoneNode(name)!);
  return { leftHand: raw("leftHand"), rightHand: raw("rightHand") };
}

/** Where the bones of a VRM file's figure are at rest, and in a pose of the body's joints that it puts on. */
export async function worn(base64: string, bones: readonly string[], rotations: number[], root: Place) {
  const figure = await readVrm(new Blob([bytesOf(base64)]));
  const { humanoid } = figure.vrm as unknown as Raw;
  const places = () => {
    figure.object.updateMatrixWorld(true);
    const found = bones.map((bone) => [bone, humanoid.getRawBoneNode(bone)] as const);
    return Object.fromEntries(found.flatMap(([bone, node]) => (node ? [[bone, placeOf(node)]] : [])));
  };
  const rest = places();
  figure.pose({ rotations: Float32Array.from(rotations), root, joints: new Float32Array(), contacts: null });
  return { rest, posed: places() };
}

/** Where the joints of a BVH are at a time, by name, in its own unit. */
export function bvh(text: string, time: number): Record<string, Place> {
  const { skeleton, clip } = new BVHLoader().parse(text);
  const mixer = new AnimationMixer(skeleton.bones[0]);
  mixer.clipAction(clip).play();
  mixer.setTime(time);
  skeleton.bones[0].updateMatrixWorld(true);
  return Object.fromEntries(
    skeleton.bones.filter(({ name }) => name !== "ENDSITE").map((bone) => [bone.name, placeOf(bone)]),
  );
}

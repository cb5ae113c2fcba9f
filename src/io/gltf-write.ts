import { type Animation, Document, Extension, type Node, WebIO, type WriterContext } from "@gltf-transform/core";
import type { Clip } from "../motion/clip.js";
import { FULL_BODY } from "../motion/full-body.js";
import { dot, type Quaternion } from "../motion/rotations.js";
import type { Skeleton } from "../motion/skeleton.js";
import { fullBodyVrmBones, VRM_BONES } from "../motion/vrm-bones.js";
import { bodyMesh } from "./gltf-mesh.js";
import { restPose } from "./rest-pose.js";

export interface NamedClip {
  readonly name: string;
  readonly clip: Clip;
}

/** Clips of one skeleton as one GLB with a figure of capsules, an animation each. Runs in browsers too. */
export async function writeGlb(clips: readonly NamedClip[]): Promise<Uint8Array<ArrayBuffer>> {
  const { document, nodes, skeleton } = documentOf(clips);
  addFigure(document, nodes, skeleton);
  return binary(new WebIO(), document);
}

/** Metres between two people who talk. */
const APART = 1.2;
const COLOURS: readonly [number, number, number][] = [
  [0.36, 0.52, 0.72],
  [0.8, 0.5, 0.34],
];

/**
 * Two people's clips as one GLB: two figures of capsules, each with a skeleton of its own, 1.2 m apart and facing each
 * other where their clips stand at the origin and look along +z; one animation moves both. Joints are called `a:pelvis`,
 * `b:pelvis` and so on. Runs in browsers too. @throws RangeError where the clips differ in frames or rate
 */
export async function writePairGlb(name: string, pair: readonly [Clip, Clip]): Promise<Uint8Array<ArrayBuffer>> {
  const [a, b] = pair;
  if (a.frames !== b.frames || a.fps !== b.fps)
    throw new RangeError(
      `Two people share one timeline, got ${a.frames} frames at ${a.fps} a second and ${b.frames} at ${b.fps}.`,
    );
  const document = emptyDocument();
  const animation = document.createAnimation(name);
  for (const [i, clip] of pair.entries()) {
    const nodes = addSkeleton(document, clip.skeleton, `${"ab"[i]}:`);
    const place = document
      .createNode("ab"[i])
      .setTranslation([0, 0, (i === 0 ? -1 : 1) * (APART / 2)])
      .setRotation(i === 0 ? [0, 0, 0, 1] : [0, 1, 0, 0])
      .addChild(nodes[0]);
    document.getRoot().getDefaultScene()!.addChild(place);
    animate(document, animation, nodes, clip);
    addFigure(document, nodes, clip.skeleton, COLOURS[i]);
  }
  return binary(new WebIO(), document);
}

const VRM_ANIMATION = "VRMC_vrm_animation";

/** Says which node is which bone of a VRM. */
class VrmAnimation extends Extension {
  static override readonly EXTENSION_NAME = VRM_ANIMATION;
  override readonly extensionName = VRM_ANIMATION;
  readonly bones = new Map<string, Node>();

  read(): this {
    return this;
  }

  write({ jsonDoc: { json }, nodeIndexMap }: WriterContext): this {
    const humanBones = Object.fromEntries(
      [...this.bones].map(([bone, node]) => [bone, { node: nodeIndexMap.get(node) }]),
    );
    json.extensions = { ...json.extensions, [VRM_ANIMATION]: { specVersion: "1.0", humanoid: { humanBones } } };
    return this;
  }
}

/** A clip of the body's 22 joints, or of 52 with fingers, as a VRM animation: every bone turns, only the hips move. Runs in browsers too. */
export async function writeVrma(named: NamedClip): Promise<Uint8Array<ArrayBuffer>> {
  const { names } = named.clip.skeleton;
  const bones = [VRM_BONES, fullBodyVrmBones].find(({ length }) => length === names.length);
  if (!bones || names.some((name, joint) => name !== FULL_BODY.names[joint]))
    throw new Error(
      `A VRM animation is of the body of ${VRM_BONES.length} joints, or of ${fullBodyVrmBones.length} with fingers, ` +
        `got a skeleton of ${names.length}.`,
    );
  const { document, nodes } = documentOf([named]);
  const extension = document.createExtension(VrmAnimation);
  for (const [joint, node] of nodes.entries()) extension.bones.set(bones[joint], node.setName(bones[joint]));
  return binary(new WebIO().registerExtensions([VrmAnimation]), document);
}

const binary = async (io: WebIO, document: Document): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await io.writeBinary(document));

/** The skeleton's joints as nodes, standing on the floor at rest, with the clips as animations. */
function documentOf(clips: readonly NamedClip[]) {
  const [{ clip: first }] = clips;
  const { skeleton } = first;
  const other = clips.find(({ clip }) => !sameSkeleton(clip.skeleton, skeleton));
  if (other)
    throw new Error(`The clip "${other.name}" has another skeleton than the first; write it to a file of its own.`);
  const document = emptyDocument();
  const nodes = addSkeleton(document, skeleton);
  document.getRoot().getDefaultScene()!.addChild(nodes[0]);
  for (const { name, clip } of clips) animate(document, document.createAnimation(name), nodes, clip);
  return { document, nodes, skeleton };
}

function emptyDocument(): Document {
  const document = new Document();
  document.getRoot().getAsset().generator = "fewstep";
  document.createBuffer();
  document.getRoot().setDefaultScene(document.createScene("motion"));
  return document;
}

/** A skeleton's joints as nodes that stand on the floor at rest; the first one is the root. */
function addSkeleton(document: Document, skeleton: Skeleton, prefix = ""): Node[] {
  const { places: rest } = restPose(skeleton);
  const nodes = skeleton.names.map((name, joint) => {
    const [x, y, z] = skeleton.parents[joint] < 0 ? rest[joint] : skeleton.offsets.subarray(3 * joint);
    return document.createNode(prefix + name).setTranslation([x, y, z]);
  });
  for (const [joint, parent] of skeleton.parents.entries()) if (parent >= 0) nodes[parent].addChild(nodes[joint]);
  return nodes;
}

/** Adds a clip to an animation: the root moves, every joint turns. */
function animate(document: Document, animation: Animation, nodes: readonly Node[], clip: Clip): void {
  const [buffer] = document.getRoot().listBuffers();
  const time = document
    .createAccessor()
    .setType("SCALAR")
    .setArray(Float32Array.from({ length: clip.frames }, (_, frame) => frame / clip.fps))
    .setBuffer(buffer);
  const add = (node: Node, path: "rotation" | "translation", values: Float32Array<ArrayBuffer>) => {
    const output = document
      .createAccessor()
      .setType(path === "rotation" ? "VEC4" : "VEC3")
      .setArray(values)
      .setBuffer(buffer);
    const sampler = document.createAnimationSampler().setInput(time).setOutput(output).setInterpolation("LINEAR");
    const channel = document.createAnimationChannel().setTargetNode(node).setTargetPath(path).setSampler(sampler);
    animation.addSampler(sampler).addChannel(channel);
  };
  add(nodes[0], "translation", clip.root.slice());
  for (const [joint, node] of nodes.entries()) add(node, "rotation", turnsOf(clip, joint));
}

const sameSkeleton = (a: Skeleton, b: Skeleton): boolean =>
  a === b || (a.names.join() === b.names.join() && a.offsets.every((value, i) => value === b.offsets[i]));

/** A joint's rotations [T, 4], each of length 1 and on the side of the sphere that the one before it is on. */
export function turnsOf({ rotations, frames, skeleton }: Clip, joint: number): Float32Array<ArrayBuffer> {
  const joints = skeleton.names.length;
  const turns = new Float32Array(4 * frames);
  for (let frame = 0; frame < frames; frame++) {
    const turn = [...rotations.subarray(4 * (frame * joints + joint), 4 * (frame * joints + joint + 1))] as Quaternion;
    const before = turns.subarray(4 * frame - 4, 4 * frame);
    const scale = (frame > 0 && dot(turn, before) < 0 ? -1 : 1) / Math.hypot(...turn);
    for (let i = 0; i < 4; i++) turns[4 * frame + i] = turn[i] * scale;
  }
  return turns;
}

/** One skinned mesh in which each bone is a capsule that moves with its joint. */
function addFigure(
  document: Document,
  nodes: readonly Node[],
  skeleton: Skeleton,
  colour: readonly [number, number, number] = COLOURS[0],
): void {
  const buffer = document.getRoot().listBuffers()[0];
  const { positions, normals, indices, joints } = bodyMesh(skeleton);
  const count = joints.length;
  const accessor = (
    type: "VEC3" | "VEC4" | "SCALAR" | "MAT4",
    array: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint8Array<ArrayBuffer>,
  ) => document.createAccessor().setType(type).setArray(array).setBuffer(buffer);
  const owners = new Uint8Array(4 * count);
  const weights = new Float32Array(4 * count);
  for (let i = 0; i < count; i++) {
    owners[4 * i] = joints[i];
    weights[4 * i] = 1;
  }
  const inverse = new Float32Array(16 * nodes.length);
  for (const [joint, place] of restPose(skeleton).places.entries())
    inverse.set([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, -place[0], -place[1], -place[2], 1], 16 * joint);
  const skin = document.createSkin("body").setInverseBindMatrices(accessor("MAT4", inverse)).setSkeleton(nodes[0]);
  for (const node of nodes) skin.addJoint(node);
  const material = document
    .createMaterial("body")
    .setBaseColorFactor([...colour, 1])
    .setMetallicFactor(0)
    .setRoughnessFactor(0.7);
  const primitive = document
    .createPrimitive()
    .setIndices(accessor("SCALAR", indices))
    .setAttribute("POSITION", accessor("VEC3", positions))
    .setAttribute("NORMAL", accessor("VEC3", normals))
    .setAttribute("JOINTS_0", accessor("VEC4", owners))
    .setAttribute("WEIGHTS_0", accessor("VEC4", weights))
    .setMaterial(material);
  const figure = document
    .createNode("figure")
    .setMesh(document.createMesh("figure").addPrimitive(primitive))
    .setSkin(skin);
  document.getRoot().getDefaultScene()!.addChild(figure);
}

import { type Animation, type AnimationChannel, type JSONDocument, type Node, WebIO } from "@gltf-transform/core";
import type { Recording } from "../motion/recording.js";
import { normalize, type Quaternion, slerp } from "../motion/rotations.js";

/** Frames a second where keys stand at uneven times. */
const UNEVEN = 60;
const FASTEST = 240;
/** Of a single pose, which has no rate. */
const POSE = 20;

/**
 * Reads every animation of a GLB or VRMA as a recording of all its nodes, at the rate of its keys where these are even.
 * Bones that a VRM extension names have its names. Runs in browsers too. @throws where it is none, or has no animation
 */
export async function readGltf(bytes: Uint8Array, name: string): Promise<Recording[]> {
  if (new TextDecoder("latin1").decode(bytes.subarray(0, 4)) !== "glTF")
    throw new Error(
      `${name} is no GLB: its first bytes are others. A .gltf of several files has to be packed into one.`,
    );
  const told = bytes.length < 12 ? 12 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (bytes.length < told)
    throw new Error(`${name} is cut short: it has ${bytes.length} of ${told} bytes. Copy or export it again.`);
  const io = new WebIO();
  const document = await io
    .binaryToJSON(bytes)
    .then((found) => io.readJSON(onlyMotion(found, name)))
    .catch((error: Error) => {
      throw new Error(`${name} cannot be read: ${error.message}${error.message.endsWith(".") ? "" : "."}`, {
        cause: error,
      });
    });
  const nodes: Node[] = [];
  const visit = (node: Node): void => {
    nodes.push(node);
    for (const child of node.listChildren()) visit(child);
  };
  for (const node of document.getRoot().listNodes()) if (!node.getParentNode()) visit(node);
  const animations = document.getRoot().listAnimations();
  if (animations.length === 0) throw new Error(`${name} has no animation. Export it with one.`);
  const stem = name.replace(/\.[^.]+$/, "");
  return animations.map((animation, i) =>
    recordingOf(animation, nodes, animation.getName() || (i === 0 ? stem : `${stem} ${i + 1}`), name),
  );
}

/** The file without what moves nothing, so that no extension of pictures or meshes is needed; bones by VRM's names. */
function onlyMotion(found: JSONDocument, name: string): JSONDocument {
  const { json } = found;
  if (
    json.bufferViews?.some(
      ({ extensions }) => extensions && Object.keys(extensions).some((key) => /meshopt/i.test(key)),
    )
  )
    throw new Error(`${name} is compressed by meshopt, which is not read. Export it without compression`);
  const extensions = (json.extensions ?? {}) as Record<string, any>;
  const { humanoid } = extensions.VRMC_vrm_animation ?? extensions.VRMC_vrm ?? extensions.VRM ?? {};
  const bones: [string, number][] = Array.isArray(humanoid?.humanBones)
    ? humanoid.humanBones.map(({ bone, node }: { bone: string; node: number }) => [bone, node])
    : Object.entries(humanoid?.humanBones ?? {}).map(([bone, one]) => [bone, (one as { node: number }).node]);
  const names = new Map(bones.map(([bone, node]) => [node, bone]));
  const nodes = json.nodes?.map(({ mesh: _, skin: __, camera: ___, weights: ____, extensions: _____, ...node }, i) => ({
    ...node,
    name: names.get(i) ?? node.name ?? `node ${i}`,
  }));
  const animations = json.animations?.map((animation) => ({
    ...animation,
    channels: animation.channels.filter(({ target }) => target.node !== undefined && target.path !== "weights"),
  }));
  const { asset, scene, scenes, accessors, bufferViews, buffers } = json;
  const kept = { asset, scene, scenes, accessors, bufferViews, buffers, nodes, animations };
  const plain = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
  return { json: plain as unknown as JSONDocument["json"], resources: found.resources };
}

function recordingOf(animation: Animation, nodes: readonly Node[], name: string, file: string): Recording {
  const parents = nodes.map((node) => nodes.indexOf(node.getParentNode() as Node));
  const scales = scalesAbove(nodes, parents, file);
  const channels = animation
    .listChannels()
    .filter((channel) => channel.getTargetNode() && channel.getSampler()?.getInput());
  const { fps, frames, start } = timing(channels);
  const count = nodes.length;
  const notes = new Set<string>();
  const rest = { places: new Float32Array(3 * count), rotations: new Float32Array(4 * count) };
  const [places, rotations] = [new Float32Array(3 * count * frames), new Float32Array(4 * count * frames)];
  for (const [joint, node] of nodes.entries()) {
    rest.places.set(
      node.getTranslation().map((value) => value * scales[joint]),
      3 * joint,
    );
    rest.rotations.set(normalize(node.getRotation()), 4 * joint);
  }
  for (let frame = 0; frame < frames; frame++) {
    places.set(rest.places, 3 * count * frame);
    rotations.set(rest.rotations, 4 * count * frame);
  }
  for (const channel of channels) {
    const joint = nodes.indexOf(channel.getTargetNode()!);
    const path = channel.getTargetPath();
    const values = valuesOf(channel);
    if (path === "scale" && values.some((value, i) => Math.abs(value - values[i % 3]) > 1e-3))
      notes.add(`${name} changes the size of "${nodes[joint].getName()}", which a body does not.`);
    if (path !== "rotation" && path !== "translation") continue;
    const at = sampler(channel, values, path === "rotation");
    for (let frame = 0; frame < frames; frame++) {
      const value = at(start + frame / fps);
      if (path === "rotation") rotations.set(value, 4 * (frame * count + joint));
      else
        places.set(
          value.map((one) => one * scales[joint]),
          3 * (frame * count + joint),
        );
    }
  }
  const joints = nodes.map((node) => node.getName());
  return { name, joints, parents, rest, fps, frames, places, rotations, notes: [...notes] };
}

/** By how much the nodes above each one enlarge it. */
function scalesAbove(nodes: readonly Node[], parents: readonly number[], file: string): number[] {
  const scales: number[] = [];
  for (const [i, parent] of parents.entries()) {
    if (parent < 0) {
      scales.push(1);
      continue;
    }
    const [x, y, z] = nodes[parent].getScale();
    if (nodes[i].listChildren().length > 0 && Math.max(Math.abs(x - y), Math.abs(x - z)) > 0.02 * Math.abs(x))
      throw new Error(
        `${file}: "${nodes[parent].getName()}" is scaled by ${x}, ${y}, ${z}, unevenly. Apply its scale before exporting.`,
      );
    scales.push(scales[parent] * x);
  }
  return scales;
}

/** When frames are: at the keys where these are evenly apart. */
function timing(channels: readonly AnimationChannel[]): { fps: number; frames: number; start: number } {
  const all = channels.flatMap((channel) => [...channel.getSampler()!.getInput()!.getArray()!]);
  const times = [...new Set(all.map((time) => Math.round(time * 1e5)))].sort((a, b) => a - b).map((time) => time / 1e5);
  const [start, end] = [times[0] ?? 0, times.at(-1) ?? 0];
  if (times.length < 2) return { fps: POSE, frames: 1, start };
  const step = times.slice(1).reduce((least, time, i) => Math.min(least, time - times[i]), Infinity);
  const own = Math.round((end - start) / step) / (end - start);
  const rates = [...Array.from({ length: FASTEST }, (_, i) => i + 1), own];
  const fits = (rate: number) =>
    times.every((time) => Math.abs(rate * (time - start) - Math.round(rate * (time - start))) < 0.02);
  const fps = rates.find(fits) ?? UNEVEN;
  return { fps, frames: Math.round((end - start) * fps) + 1, start };
}

/** A channel's numbers, of whatever type they are stored as. */
function valuesOf(channel: AnimationChannel): Float32Array {
  const output = channel.getSampler()!.getOutput()!;
  const size = output.getElementSize();
  const values = new Float32Array(output.getCount() * size);
  const element: number[] = [];
  for (let i = 0; i < output.getCount(); i++) values.set(output.getElement(i, element), i * size);
  return values;
}

/** The value of a channel at a time, between its keys as its interpolation says, held beyond them. */
function sampler(channel: AnimationChannel, values: Float32Array, isRotation: boolean): (time: number) => number[] {
  const times = channel.getSampler()!.getInput()!.getArray()!;
  const way = channel.getSampler()!.getInterpolation();
  const size = isRotation ? 4 : 3;
  const cubic = way === "CUBICSPLINE";
  const part = (key: number, which: number) => [
    ...values.subarray(size * (cubic ? 3 * key + which : key)).subarray(0, size),
  ];
  const value = (key: number) => (isRotation ? normalize(part(key, 1) as Quaternion) : part(key, 1));
  let key = 0;
  return (time) => {
    while (key + 1 < times.length && times[key + 1] <= time) key++;
    const span = times[key + 1] - times[key];
    const share = key + 1 < times.length && time > times[key] ? (time - times[key]) / span : 0;
    if (share < 1e-4 || way === "STEP") return value(key);
    if (!cubic) {
      const [a, b] = [value(key), value(key + 1)];
      if (isRotation) return slerp(a as Quaternion, b as Quaternion, share);
      return a.map((from, i) => from + share * (b[i] - from));
    }
    const [p, m, q, n] = [part(key, 1), part(key, 2), part(key + 1, 1), part(key + 1, 0)];
    const [s2, s3] = [share ** 2, share ** 3];
    const found = p.map(
      (from, i) =>
        (2 * s3 - 3 * s2 + 1) * from +
        span * (s3 - 2 * s2 + share) * m[i] +
        (3 * s2 - 2 * s3) * q[i] +
        span * (s3 - s2) * n[i],
    );
    return isRotation ? normalize(found as Quaternion) : found;
  };
}

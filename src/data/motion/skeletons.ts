import { show } from "../../io/show.js";
import type { BodyMap } from "../../motion/retarget.js";
import { BODY_NAMES, BODY_PARENTS } from "../../motion/skeleton.js";

/** A skeleton's joint for each of the body's, of the middle and the left; `<left>` and `<l>` stand for the side. */
type Names = Readonly<Record<string, string>>;

/** Limbs as most programs of motion capture call them. */
const CAPTURE: Names = {
  pelvis: "hips",
  leftHip: "<left>upleg",
  leftKnee: "<left>leg",
  leftAnkle: "<left>foot",
  leftFoot: "<left>toebase",
  neck: "neck",
  head: "head",
  leftCollar: "<left>shoulder",
  leftShoulder: "<left>arm",
  leftElbow: "<left>forearm",
  leftWrist: "<left>hand",
};

/** The skeletons that are known, by the names of their joints: lower case, without separators and prefixes. */
const skeletons: Readonly<Record<string, Names>> = {
  SMPL: own("<left>"),
  "SMPL (L, R)": own("<l>"),
  Mixamo: { ...CAPTURE, spine1: "spine", spine2: "spine1", spine3: "spine2" },
  ACCAD: { ...CAPTURE, spine1: "tospine", spine2: "spine", spine3: "spine1" },
  CMU: { ...CAPTURE, spine1: "lowerback", spine2: "spine", spine3: "spine1" },
  "CMU (ASF)": {
    ...{ pelvis: "root", leftHip: "<l>femur", leftKnee: "<l>tibia", leftAnkle: "<l>foot", leftFoot: "<l>toes" },
    ...{ spine1: "lowerback", spine2: "upperback", spine3: "thorax", neck: "lowerneck", head: "head" },
    ...{ leftCollar: "<l>clavicle", leftShoulder: "<l>humerus", leftElbow: "<l>radius", leftWrist: "<l>wrist" },
  },
  VRM: {
    ...{ pelvis: "hips", spine1: "spine", spine2: "chest", spine3: "upperchest", neck: "neck", head: "head" },
    ...{ leftHip: "<left>upperleg", leftKnee: "<left>lowerleg", leftAnkle: "<left>foot", leftFoot: "<left>toes" },
    ...{ leftCollar: "<left>shoulder", leftShoulder: "<left>upperarm" },
    ...{ leftElbow: "<left>lowerarm", leftWrist: "<left>hand" },
  },
  VRoid: {
    ...{ pelvis: "chips", spine1: "cspine", spine2: "cchest", spine3: "cupperchest", neck: "cneck", head: "chead" },
    ...{ leftHip: "<l>upperleg", leftKnee: "<l>lowerleg", leftAnkle: "<l>foot", leftFoot: "<l>toebase" },
    ...{ leftCollar: "<l>shoulder", leftShoulder: "<l>upperarm", leftElbow: "<l>lowerarm", leftWrist: "<l>hand" },
  },
  VRChat: {
    ...{ pelvis: "hips", spine1: "spine", spine2: "chest", spine3: "upperchest", neck: "neck", head: "head" },
    ...{ leftHip: "<left>leg", leftKnee: "<left>knee", leftAnkle: "<left>ankle", leftFoot: "<left>toe" },
    ...{ leftCollar: "<left>shoulder", leftShoulder: "<left>arm" },
    ...{ leftElbow: "<left>elbow", leftWrist: "<left>wrist" },
  },
  Unreal: {
    ...{ pelvis: "pelvis", spine1: "spine01", spine2: "spine02", spine3: "spine03", neck: "neck01", head: "head" },
    ...{ leftHip: "thigh<l>", leftKnee: "calf<l>", leftAnkle: "foot<l>", leftFoot: "ball<l>" },
    ...{ leftCollar: "clavicle<l>", leftShoulder: "upperarm<l>", leftElbow: "lowerarm<l>", leftWrist: "hand<l>" },
  },
  Biped: {
    ...{ pelvis: "pelvis", spine1: "spine", spine2: "spine1", spine3: "spine2", neck: "neck", head: "head" },
    ...{ leftHip: "<l>thigh", leftKnee: "<l>calf", leftAnkle: "<l>foot", leftFoot: "<l>toe0" },
    ...{ leftCollar: "<l>clavicle", leftShoulder: "<l>upperarm", leftElbow: "<l>forearm", leftWrist: "<l>hand" },
  },
  Biovision: {
    ...{ pelvis: "hips", spine1: "chest", spine2: "chest2", spine3: "chest3", neck: "neck", head: "head" },
    ...{ leftHip: "<left>hip", leftKnee: "<left>knee", leftAnkle: "<left>ankle", leftFoot: "<left>toe" },
    ...{ leftCollar: "<left>collar", leftShoulder: "<left>shoulder" },
    ...{ leftElbow: "<left>elbow", leftWrist: "<left>wrist" },
  },
};

/** The body's own names, with the side as `left`. */
function own(left: string): Names {
  const names = BODY_NAMES.filter((name) => !name.startsWith("right"));
  return Object.fromEntries(names.map((name) => [name, name.replace("left", left).toLowerCase()]));
}

/** Joints without which nothing can be told of a body's motion; the others follow their parents. */
const NEEDED = ["pelvis", "spine1", ...["Hip", "Knee", "Ankle", "Shoulder", "Elbow", "Wrist"].flatMap(bothSides)];
function bothSides(name: string): string[] {
  return [`left${name}`, `right${name}`];
}

/** A name without what programs put before it, its case and its separators. */
const plain = (name: string): string =>
  name
    .replace(/^.*[:|]/, "")
    .replace(/^mixamorig\d*/i, "")
    .replace(/^(J_Bip_|[mf]_avg_|Bip\d+[ _])/i, "")
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");

export interface MappedSkeleton {
  /** Whose names they are: "Mixamo". */
  readonly known: string;
  readonly map: BodyMap;
  /** Joints of the body that the skeleton has none for. */
  readonly missing: readonly string[];
}

/** A skeleton that nobody has named the joints of, given beside its file. */
export interface OwnMap {
  /** The skeleton's joint for each of the body's; what is not named is found by the known names. */
  readonly joints?: Readonly<Record<string, string>>;
  readonly restFrame?: number;
}

/**
 * The joints of a skeleton that are the body's, by their names. @throws where it is no known one, with what was found of
 * the nearest and what is missing
 */
export function mapSkeleton(
  of: string,
  joints: readonly string[],
  parents: readonly number[],
  given?: OwnMap,
): MappedSkeleton {
  const byName = new Map<string, number>();
  for (const [i, name] of joints.entries()) if (!byName.has(plain(name))) byName.set(plain(name), i);
  const candidates = Object.entries(skeletons).map(([known, names]) => {
    const map = BODY_NAMES.map((joint) => byName.get(nameOf(names, joint)) ?? -1);
    return {
      known,
      map,
      needed: NEEDED.filter((name) => map[BODY_NAMES.indexOf(name)] >= 0).length,
      found: map.filter((i) => i >= 0).length,
    };
  });
  const best = candidates.reduce((a, b) =>
    b.needed > a.needed || (b.needed === a.needed && b.found > a.found) ? b : a,
  );
  const map = [...best.map];
  for (const [joint, name] of Object.entries(given?.joints ?? {})) {
    const [at, source] = [BODY_NAMES.indexOf(joint), joints.indexOf(name)];
    if (at < 0)
      throw new Error(`skeleton.json names a joint "${joint}" of the body, which has ${BODY_NAMES.join(", ")}.`);
    if (source < 0)
      throw new Error(
        `skeleton.json gives "${name}" for ${joint}, and ${of} has no such joint: it has ${list(joints)}.`,
      );
    map[at] = source;
  }
  const missing = BODY_NAMES.filter((_, i) => map[i] < 0);
  const lost = NEEDED.filter((name) => missing.includes(name));
  if (lost.length > 0)
    throw new Error(
      `${of}: its skeleton is none that is known (${Object.keys(skeletons).join(", ")}). It has ${list(joints)}; nothing ` +
        `was found for ${lost.join(", ")}. Say which joints these are in skeleton.json beside the file: ` +
        `{ "joints": { ${show(lost[0])}: ${show(joints[0])}, … } }.`,
    );
  requireTree(of, map, joints, parents);
  return { known: given?.joints ? "skeleton.json" : best.known, map, missing };
}

/** Every mapped joint hangs, over however many others, on that of the nearest joint of the body above it. */
function requireTree(of: string, map: BodyMap, joints: readonly string[], parents: readonly number[]): void {
  for (const [joint, source] of map.entries()) {
    let above = BODY_PARENTS[joint];
    while (above >= 0 && map[above] < 0) above = BODY_PARENTS[above];
    if (source < 0 || above < 0) continue;
    let up = parents[source];
    while (up >= 0 && up !== map[above]) up = parents[up];
    if (up >= 0) continue;
    throw new Error(
      `${of}: "${joints[source]}" (${BODY_NAMES[joint]}) does not hang on "${joints[map[above]]}" ` +
        `(${BODY_NAMES[above]}), as it does in a body. Say which joints are meant in skeleton.json beside the file.`,
    );
  }
}

/** What a skeleton calls a joint of the body; empty where it has none. */
function nameOf(names: Names, joint: string): string {
  const right = joint.startsWith("right");
  const name = names[right ? joint.replace("right", "left") : joint] ?? "";
  return name.replace("<left>", right ? "right" : "left").replace("<l>", right ? "r" : "l");
}

const MOST_NAMED = 40;
const list = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(", ")
    : `${names.slice(0, MOST_NAMED).join(", ")} and ${names.length - MOST_NAMED} more`;

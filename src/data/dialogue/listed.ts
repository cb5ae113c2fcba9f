import { dialogueFeatures, SOUND_FEATURES, soundFrames } from "../../audio/index.js";
import { many } from "../../io/show.js";
import { GESTURE_FEATURES } from "../../motion/index.js";
import { DIALOGUE_FPS, type Dialogue } from "../dialogue-dataset.js";

/** A person's motion as its file has it, at 30 frames a second. */
export interface ReadMotion {
  /** [T, 258] */
  readonly gesture: Float32Array;
  readonly valid: Uint8Array | null;
  readonly notes: readonly string[];
}

/** A dialogue of a folder, before its files are read. */
export interface Listed {
  readonly name: string;
  /** Where the folder says so: whether it is for testing. */
  readonly test: boolean | null;
  /** Index of RELATIONS; −1 where it is not known. */
  readonly relation: number;
  readonly people: readonly [ListedPerson, ListedPerson];
  /** One stereo file, or a file each. */
  readonly sounds: readonly string[];
}

export interface ListedPerson {
  readonly id: string;
  readonly traits: Float32Array | null;
  /** Null where nobody was captured. */
  readonly motion: string | null;
}

/** Seconds by which sounds and motions of a dialogue may differ in length. */
const APART = 1;

/** Reads the files of a dialogue. @throws with its name where they do not belong together */
export async function readListed(
  { name, relation, people, sounds }: Listed,
  readMotion: (path: string) => Promise<ReadMotion>,
): Promise<{ dialogue: Dialogue; notes: string[] }> {
  const { readSounds } = await import("../../io/sound-read.js");
  const heard = await readSounds(sounds);
  const motions = await Promise.all(people.map(({ motion }) => (motion === null ? null : readMotion(motion))));
  const lengths = motions.map((one) => (one ? one.gesture.length / GESTURE_FEATURES : null));
  const known = [soundFrames(heard.sounds[0].length), ...lengths.filter((length) => length !== null)];
  const [shortest, longest] = [Math.min(...known), Math.max(...known)];
  if (longest - shortest > APART * DIALOGUE_FPS) throw new Error(misfit(name, known[0], people, lengths));
  const features = dialogueFeatures(heard.sounds);
  const speaker = (i: 0 | 1) => ({
    ...{ id: people[i].id, traits: people[i].traits },
    sound: features[i].slice(0, shortest * SOUND_FEATURES),
    gesture: motions[i]?.gesture.slice(0, shortest * GESTURE_FEATURES) ?? null,
    valid: motions[i]?.valid?.slice(0, shortest) ?? null,
  });
  return {
    dialogue: { name, frames: shortest, relation, people: [speaker(0), speaker(1)] },
    notes: [...heard.notes, ...motions.flatMap((one) => one?.notes ?? [])],
  };
}

/** Why sounds and motions are not of one length. */
function misfit(name: string, sound: number, people: Listed["people"], motions: readonly (number | null)[]): string {
  const told = people.flatMap(({ id }, i) =>
    motions[i] === null ? [] : [`the motion of ${id} ${seconds(motions[i])}`],
  );
  const ratios = motions.flatMap((frames) => (frames === null ? [] : [frames / sound]));
  const rate = ratios.map((ratio) => Math.round(ratio * DIALOGUE_FPS)).find((fps) => RATES.includes(fps));
  const why =
    rate !== undefined && ratios.some((ratio) => Math.abs((ratio * DIALOGUE_FPS) / rate - 1) < 0.02)
      ? `It looks as if its frames were ${rate} a second and not as the file says; correct its frame rate`
      : "Its time stamps may be shifted, or the files may be of different dialogues";
  return `${name}: the sound lasts ${seconds(sound)}, ${told.join(", ")}. ${why}.`;
}

const RATES = [15, 24, 25, 50, 60, 100, 120, 240];
const seconds = (frames: number): string => `${Number((frames / DIALOGUE_FPS).toFixed(1))} s`;

/**
 * Which dialogues are for testing: as the folder says, else about a tenth, so that nobody is on both sides.
 * @throws where the folder's sides share somebody, or everybody is linked to everybody
 */
export function splitByPeople(listed: readonly Listed[], folder: string): boolean[] {
  if (listed.some(({ test }) => test !== null)) {
    const sides = listed.map(({ test }) => test === true);
    const trained = new Set(listed.flatMap(({ people }, i) => (sides[i] ? [] : people.map(({ id }) => id))));
    const both = listed.find(({ people }, i) => sides[i] && people.some(({ id }) => trained.has(id)));
    if (both)
      throw new Error(
        `${folder}: ${both.people.find(({ id }) => trained.has(id))!.id} is in dialogues to train on and in ${both.name}, ` +
          "which is for testing. Nobody may be in both.",
      );
    return sides;
  }
  const groups = groupsOf(listed);
  if (groups.length < 2)
    throw new Error(
      `${folder} has ${many(listed.length, "dialogue")} of people who are linked to each other; at least two groups ` +
        "without a common person are needed to train and to test.",
    );
  const wanted = Math.max(1, Math.round(listed.length / 10));
  const mask = listed.map(() => false);
  let count = 0;
  // The smallest groups last, so that the split comes near to a tenth; ties by name
  for (const group of [...groups].sort(
    (a, b) => a.length - b.length || (listed[a[0]].name < listed[b[0]].name ? -1 : 1),
  )) {
    if (count >= wanted || count + group.length >= listed.length) break;
    for (const i of group) mask[i] = true;
    count += group.length;
  }
  return mask;
}

/** Dialogues that are linked by people in common, as lists of their indices. */
function groupsOf(listed: readonly Listed[]): number[][] {
  const groupOf = new Map<string, number[]>();
  for (const [i, { people }] of listed.entries()) {
    const linked = [...new Set(people.flatMap(({ id }) => groupOf.get(id) ?? []))];
    const own = new Set([i, ...linked]);
    for (const other of linked) for (const { id } of listed[other].people) for (const j of groupOf.get(id)!) own.add(j);
    const group = [...own].sort((a, b) => a - b);
    for (const j of group) for (const { id } of listed[j].people) groupOf.set(id, group);
  }
  return [...new Set(groupOf.values())];
}

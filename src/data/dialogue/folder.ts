import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import { reading } from "../../io/reading.js";
import { many } from "../../io/show.js";
import { pause } from "../../runtime/pause.js";
import { DIALOGUE_FPS, type Dialogue, type DialogueDataset, RELATIONS } from "../dialogue-dataset.js";
import { oddFiles } from "../folder/left-out.js";
import { below, type Odd, readTree } from "../folder/tree.js";
import type { Work } from "../made-in-turns.js";
import { mapReader } from "../motion/beside.js";
import { MOTION_FILE, MOTION_FORMATS } from "../motion/read-file.js";
import { dataReport, sha256 } from "../report.js";
import { gestureIn } from "./body.js";
import { type Listed, type ReadMotion, readListed, splitByPeople } from "./listed.js";
import { isSeamless, listSeamless, seamlessMotion } from "./seamless.js";
import { readDialogueSidecar, SIDECARS, type Told, traitsOf } from "./sidecar.js";
import { contentOf } from "./told.js";

/** How a folder of dialogues is read. */
export interface DialogueFolderOptions extends Work {
  /** Leave out dialogues that cannot be read instead of throwing; `onSkip` hears of each. */
  skipBroken?: boolean;
  onSkip?: (path: string, error: Error) => void;
}

const SOUND_FILE = /\.(wav|flac|mp3)$/i;
const SOUND_FORMATS = "WAV, FLAC or MP3";
/** A file of one of the two: name-a.wav. */
const SIDE = /[-_]([ab])$/i;

const filesOf = (tree: Awaited<ReturnType<typeof readTree>>): string[] => [
  ...below(tree, "others"),
  ...below(tree, "pictures"),
];

/** Whether a folder has sounds and motions, or files as Seamless Interaction names them. */
export async function isDialogueFolder(folder: string): Promise<boolean> {
  const files = filesOf(await readTree(folder));
  if (isSeamless(files)) return true;
  return files.some((path) => SOUND_FILE.test(path)) && files.some((path) => MOTION_FILE.test(path));
}

/**
 * Reads a folder of dialogues, each of them a stereo sound `name.wav` (left: a, right: b) or the sounds `name-a.wav` and
 * `name-b.wav`, with the motions `name-a.bvh` and `name-b.bvh`, of which one may be missing; or a folder laid out as
 * Seamless Interaction. `dialogues.json` or `dialogues.csv` beside them says who they are, what they are to each other
 * and their traits. Folders called train and test are splits. Lists all dialogues that cannot be read.
 */
export async function dialogueFolder(folder: string, options: DialogueFolderOptions = {}): Promise<DialogueDataset> {
  const tree = await readTree(folder);
  const files = filesOf(tree);
  const seamless = isSeamless(files);
  const found = seamless ? await listSeamless(folder, files) : await listPairs(folder, files);
  const inFolder = (path: string) => relative(folder, path).split(sep).join("/");
  const broken: Odd[] = [...below(tree, "closed"), ...found.lone];
  if (!options.skipBroken && found.lone.length > 0)
    throw new Error(
      `${folder} has what is no whole dialogue:\n  ${found.lone.map(({ path, why }) => `${inFolder(path)}: ${why}`).join("\n  ")}\n` +
        "Add what is missing, or leave such files out with --skip-broken (in code: skipBroken).",
    );
  if (found.listed.length === 0)
    throw new Error(
      `${folder} has no dialogues: sounds of two people (${SOUND_FORMATS}) with motions (${MOTION_FORMATS}).`,
    );
  const hashes: Record<string, string> = {};
  const mapOf = mapReader(folder, new Set(files), new Set());
  const readMotion = async (path: string): Promise<ReadMotion> =>
    seamless ? seamlessMotion(path) : gestureIn(await readFile(path), basename(path), await mapOf(path));
  const read: { listed: Listed; dialogue: Dialogue }[] = [];
  const notes = new Set(found.notes);
  for (const [done, listed] of found.listed.entries()) {
    await pause(options.signal);
    options.onProgress?.({ task: `reading ${basename(folder)}`, done, total: found.listed.length, unit: "dialogues" });
    const paths = [...listed.sounds, ...listed.people.flatMap(({ motion }) => motion ?? [])];
    try {
      const one = await readListed(listed, readMotion);
      for (const path of paths) hashes[inFolder(path)] = sha256(await reading(path, () => readFile(path)));
      for (const note of one.notes) notes.add(note);
      read.push({ listed, dialogue: one.dialogue });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!options.skipBroken)
        throw new Error(
          `${(error as Error).message}\nOr leave such dialogues out with --skip-broken (in code: skipBroken).`,
          { cause: error },
        );
      options.onSkip?.(paths[0], error as Error);
      broken.push({ path: paths[0], why: (error as Error).message });
    }
  }
  if (read.length === 0)
    throw new Error(`None of the dialogues in ${folder} can be read:\n  ${broken.map(({ why }) => why).join("\n  ")}`);
  const isTest = splitByPeople(
    read.map(({ listed }) => listed),
    folder,
  );
  const side = (test: boolean) => read.flatMap(({ dialogue }, i) => (isTest[i] === test ? [dialogue] : []));
  const [train, test] = [side(false), side(true)];
  const id = basename(folder);
  const used = new Set([...Object.keys(hashes).map((path) => join(folder, path)), ...found.used]);
  const idle = seamless ? [] : files.filter((path) => !used.has(path) && !broken.some((one) => one.path === path));
  const report = dataReport({
    ...{ kind: "dialogue", id, path: folder, content: contentOf(train, test), notes: [...notes], classes: null },
    leftOut: [
      ...oddFiles("not whole or unreadable", broken, inFolder),
      ...oddFiles("links", below(tree, "odd"), inFolder),
      ...(idle.length > 0
        ? [{ count: idle.length, what: "other files", why: "no part of a dialogue", files: idle.map(inFolder) }]
        : []),
    ],
    ...{ train: train.length, test: test.length, files: hashes },
  });
  return {
    ...{ id, kind: "dialogue", fps: DIALOGUE_FPS, origin: "captured", train, test, report },
    ...{
      licence: seamless ? "CC-BY-NC-4.0" : "unknown",
      attribution: seamless ? "Seamless Interaction" : `dialogues in ${id}`,
    },
  };
}

interface Parts {
  stereo?: string;
  sounds: [string | undefined, string | undefined];
  motions: [string | undefined, string | undefined];
}

/** The dialogues of a folder by the names of its files, and what is no whole one. */
async function listPairs(folder: string, files: readonly string[]) {
  const parts = new Map<string, Parts>();
  for (const path of files.filter((one) => SOUND_FILE.test(one) || MOTION_FILE.test(one))) {
    const stem = path.slice(0, -extname(path).length);
    const side = SIDE.exec(stem)?.[1].toLowerCase();
    const key = side ? stem.replace(SIDE, "") : stem;
    const own = parts.get(key) ?? { sounds: [undefined, undefined], motions: [undefined, undefined] };
    parts.set(key, own);
    if (side) (SOUND_FILE.test(path) ? own.sounds : own.motions)[side === "a" ? 0 : 1] = path;
    else if (SOUND_FILE.test(path)) own.stereo = path;
    else own.motions[0] ??= path;
  }
  const used = files.filter((path) => SIDECARS.includes(basename(path)));
  const told = new Map<string, Told>();
  for (const path of used)
    for (const [name, one] of await readDialogueSidecar(path)) {
      const key = join(dirname(path), name);
      if (!parts.has(key))
        throw new Error(`${path} tells of "${name}", and there is no such dialogue. Mend the name, or take it away.`);
      told.set(key, one);
    }
  const listed: Listed[] = [];
  const lone: Odd[] = [];
  for (const [key, { stereo, sounds, motions }] of parts) {
    const path = stereo ?? sounds[0] ?? sounds[1] ?? motions[0] ?? motions[1]!;
    const name = relative(folder, key).split(sep).join("/");
    const silent = sounds.indexOf(undefined);
    const missing = stereo
      ? null
      : !sounds[0] && !sounds[1]
        ? "its sound"
        : silent >= 0
          ? `the sound of ${"ab"[silent]}`
          : null;
    if (missing)
      lone.push({
        path,
        why: `${missing} is missing: ${basename(key)}.wav in stereo, or ${basename(key)}-a.wav and -b.wav`,
      });
    else if (!motions[0] && !motions[1])
      lone.push({ path, why: `its motions are missing: ${basename(key)}-a.bvh and -b.bvh, or one of them` });
    else {
      const split = /^(train|test)\//i.exec(name)?.[1].toLowerCase();
      const known = told.get(key);
      const one = (side: 0 | 1) => {
        const about = side === 0 ? known?.a : known?.b;
        const motion = motions[side] ?? null;
        return { id: about?.id ?? `${name}-${"ab"[side]}`, traits: traitsOf(about?.traits), motion };
      };
      listed.push({
        ...{ name, test: split === undefined ? null : split === "test", people: [one(0), one(1)] },
        relation: known?.relation ? RELATIONS.indexOf(known.relation) : -1,
        sounds: stereo ? [stereo] : [sounds[0]!, sounds[1]!],
      });
    }
  }
  const still = listed.flatMap(({ name, people }) =>
    people.flatMap(({ motion }, i) => (motion === null ? [`${name}-${"ab"[i]}`] : [])),
  );
  const untold = listed.filter(({ relation }) => relation < 0).length;
  const notes = [
    ...(still.length > 0
      ? [
          `Nobody's motion is there for ${still.slice(0, 5).join(", ")}${still.length > 5 ? ` and ${many(still.length - 5, "other")}` : ""}: only heard.`,
        ]
      : []),
    ...(untold > 0
      ? [`What people are to each other is not known of ${many(untold, "dialogue")}: say so in dialogues.json.`]
      : []),
  ];
  return { listed, lone, notes, used };
}

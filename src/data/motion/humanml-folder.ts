import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readNpy } from "../../io/npy.js";
import { reading } from "../../io/reading.js";
import { many } from "../../io/show.js";
import type { Clip } from "../../motion/clip.js";
import { fitBody } from "../../motion/fit.js";
import { fromHumanml, HUMANML_FEATURES } from "../../motion/humanml.js";
import type { LabelledClip, MotionDataset } from "../motion-dataset.js";
import { dataReport, sha256 } from "../report.js";
import type { MotionFolderOptions } from "./folder.js";
import { withMirrored } from "./mirrored.js";
import { FPS } from "./read-file.js";
import { contentOf } from "./told.js";

const VECTORS = "new_joint_vecs";

/** Whether a folder is laid out as HumanML3D is. */
export const isHumanmlFolder = (names: readonly string[]): boolean =>
  names.includes(VECTORS) && names.includes("texts");

/**
 * Reads a folder laid out as HumanML3D: new_joint_vecs/*.npy of 263 numbers a frame at 20 frames a second, texts/*.txt,
 * and which are for what in train.txt and test.txt. A caption of a part of a motion is a motion of its own.
 */
export async function readHumanmlFolder(folder: string, options: MotionFolderOptions = {}): Promise<MotionDataset> {
  const ids = async (name: string) => {
    const path = join(folder, name);
    const text = await reading(path, () => readFile(path, "utf8"));
    return [...new Set(text.split(/\s+/).filter(Boolean))];
  };
  const there = new Set(
    (await readdir(join(folder, VECTORS)))
      .filter((name) => name.endsWith(".npy"))
      .map((name) => basename(name, ".npy")),
  );
  const files: Record<string, string> = {};
  const [lost, broken, noText]: string[][] = [[], [], []];
  const read = async (name: string): Promise<LabelledClip[]> => {
    const clips: LabelledClip[] = [];
    for (const id of await ids(name)) {
      options.signal?.throwIfAborted();
      if (!there.has(id)) {
        lost.push(id);
        continue;
      }
      const path = join(folder, VECTORS, `${id}.npy`);
      try {
        const bytes = await reading(path, () => readFile(path));
        const found = captioned(id, clipOf(bytes, path), await linesOf(join(folder, "texts", `${id}.txt`)));
        if (found.length === 0) noText.push(id);
        clips.push(...found);
        files[`${VECTORS}/${id}.npy`] = sha256(bytes);
      } catch (error) {
        if (!options.skipBroken)
          throw new Error(
            `${(error as Error).message}\nOr leave such files out with --skip-broken (in code: skipBroken).`,
            { cause: error },
          );
        options.onSkip?.(path, error as Error);
        broken.push(`${VECTORS}/${id}.npy: ${(error as Error).message}`);
      }
    }
    if (clips.length === 0) throw new Error(`None of the motions that ${join(folder, name)} names can be read.`);
    return options.mirror ? withMirrored(clips, null) : clips;
  };
  const [train, test] = [await read("train.txt"), await read("test.txt")];
  const id = basename(folder);
  const left = (names: string[], what: string) =>
    names.length > 0 ? [{ count: names.length, what, why: null, files: names }] : [];
  const report = dataReport({
    ...{ kind: "motion", id, path: folder, content: contentOf(train, test, null), classes: null },
    leftOut: [
      ...left(lost, "named and not there"),
      ...left(noText, "without a caption"),
      ...left(broken, "unreadable"),
    ],
    notes: [
      "Read as HumanML3D's features: places of joints, to which the body is fitted; turns about a bone's own axis are not in them.",
      ...(options.mirror
        ? [
            `${many((train.length + test.length) / 2, "motion is", "motions are")} those of the files as a mirror shows them.`,
          ]
        : []),
    ],
    ...{ train: train.length, test: test.length, files },
  });
  const about = { licence: "unknown", attribution: `motions in ${id}` };
  return { id, kind: "motion", fps: FPS, classNames: null, origin: "captured", train, test, ...about, report };
}

function clipOf(bytes: Uint8Array, path: string): Clip {
  const { shape, data } = readNpy(bytes, path);
  if (shape.length !== 2 || shape[1] !== HUMANML_FEATURES || shape[0] < 1)
    throw new Error(
      `${path} has numbers of shape [${shape.join(", ")}]; HumanML3D's are [frames, ${HUMANML_FEATURES}].`,
    );
  try {
    return fitBody(fromHumanml(Float64Array.from(data)), FPS);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

interface Line {
  caption: string;
  /** Seconds; both 0 for the whole motion. */
  from: number;
  to: number;
}

async function linesOf(path: string): Promise<Line[]> {
  const text = await reading(path, () => readFile(path, "utf8"));
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "") return [];
    const [caption, , from = "0", to = "0"] = line.split("#");
    const part = { caption: caption.trim(), from: Number(from) || 0, to: Number(to) || 0 };
    if (part.caption === "") throw new Error(`${path}, line ${i + 1} has no caption before its first "#".`);
    return [part];
  });
}

/** A motion with the captions of all of it, and each captioned part of it as a motion of its own. */
function captioned(name: string, clip: Clip, lines: readonly Line[]): LabelledClip[] {
  const parts = new Map<string, { first: number; end: number; captions: string[] }>();
  for (const { caption, from, to } of lines) {
    const whole = from === 0 && to === 0;
    const first = whole ? 0 : Math.min(Math.floor(from * FPS), clip.frames - 1);
    const end = whole ? clip.frames : Math.max(first + 1, Math.min(Math.ceil(to * FPS), clip.frames));
    const key = first === 0 && end === clip.frames ? name : `${name}#${first}-${end}`;
    const part = parts.get(key) ?? { first, end, captions: [] };
    part.captions.push(caption);
    parts.set(key, part);
  }
  return [...parts].map(([key, { first, end, captions }]) => {
    const frames = end - first;
    const joints = clip.skeleton.names.length;
    const rotations = clip.rotations.slice(4 * joints * first, 4 * joints * end);
    const cut: Clip = { ...clip, frames, rotations, root: clip.root.slice(3 * first, 3 * end) };
    return { name: key, clip: cut, segments: [{ start: 0, end: frames, captions, label: -1 }] };
  });
}

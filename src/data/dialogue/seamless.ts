import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { unzipSync } from "fflate";
import { readNpy } from "../../io/npy.js";
import { reading } from "../../io/reading.js";
import { aboutAxis, FULL_BODY, GESTURE_FEATURES, GESTURE_JOINTS, type Quaternion, toSix } from "../../motion/index.js";
import { TRAITS } from "../dialogue-dataset.js";
import { rows } from "../motion/captions.js";
import type { Listed, ReadMotion } from "./listed.js";

/** V<vendor>_S<session>_I<interaction>_P<participant>, as Seamless Interaction names its files. */
const NAME = /^(V\d+_S\d+_I\d+)_P(\w+)\.(wav|npz)$/i;

export const isSeamless = (paths: readonly string[]): boolean => paths.some((path) => NAME.test(basename(path)));

/** Words of its table of relations, by RELATIONS. */
const WORDS: readonly RegExp[] = [
  /friend|colleague|acquaint/i,
  /stranger|unknown|none/i,
  /family|sibling|parent|relative/i,
  /dat|partner|spouse|married|romantic/i,
];

/** The dialogues of a folder laid out as Seamless Interaction, and what is not as it should be. */
export async function listSeamless(
  folder: string,
  paths: readonly string[],
): Promise<{ listed: Listed[]; lone: { path: string; why: string }[]; notes: string[]; used: string[] }> {
  const tables = paths.filter((path) => /^(relationships|participants)\.csv$/i.test(basename(path)));
  const relations = await tableAt(tables.find((path) => /relationships/i.test(basename(path))));
  const people = await tableAt(tables.find((path) => /participants/i.test(basename(path))));
  const traits = traitsBy(people);
  const groups = new Map<string, Map<string, { wav?: string; npz?: string }>>();
  for (const path of paths) {
    const found = NAME.exec(basename(path));
    if (!found) continue;
    const [, interaction, participant] = found;
    const group = groups.get(interaction) ?? new Map<string, { wav?: string; npz?: string }>();
    const files = group.get(participant) ?? {};
    group.set(participant, { ...files, [extname(path).slice(1).toLowerCase()]: path });
    groups.set(interaction, group);
  }
  const lone: { path: string; why: string }[] = [];
  const listed: Listed[] = [];
  for (const [interaction, group] of groups) {
    const first = [...group.values()].flatMap(({ wav, npz }) => wav ?? npz ?? [])[0];
    const silent = [...group].find(([, { wav }]) => !wav);
    if (group.size !== 2)
      lone.push({
        path: first,
        why: group.size === 1 ? "the partner is missing" : `it has ${group.size} people and not two`,
      });
    else if (silent) lone.push({ path: first, why: `the sound of P${silent[0]} is missing` });
    else if (![...group.values()].some(({ npz }) => npz)) lone.push({ path: first, why: "nobody's motion is there" });
    else {
      const [a, b] = [...group].sort(([x], [y]) => (x < y ? -1 : 1));
      const one = ([id, { npz }]: typeof a) => ({ id: `P${id}`, traits: traits.get(id) ?? null, motion: npz ?? null });
      const split = /[/\\](train|dev|test)[/\\]/i.exec(first.slice(folder.length))?.[1].toLowerCase();
      const relation = relationOf(relations, interaction, [a[0], b[0]]);
      listed.push({
        ...{ name: interaction, relation, people: [one(a), one(b)], sounds: [a[1].wav!, b[1].wav!] },
        test: split === undefined ? null : split !== "train",
      });
    }
  }
  const notes = [
    ...(relations.length === 0 ? ["No relationships.csv is there: what people are to each other is not known."] : []),
    ...(traits.size === 0 ? ["No participants.csv with BFI-2 scores is there: personalities are not known."] : []),
  ];
  // Splits of which only one is there are none
  const sides = new Set(listed.map(({ test }) => test));
  const whole = sides.has(true) && sides.has(false);
  return { listed: whole ? listed : listed.map((one) => ({ ...one, test: null })), lone, notes, used: tables };
}

type Row = Readonly<Record<string, string>>;

async function tableAt(path: string | undefined): Promise<Row[]> {
  if (path === undefined) return [];
  const [header, ...lines] = [...rows(await reading(path, () => readFile(path, "utf8")), ",")];
  const names = header?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  return lines.map(({ cells }) => Object.fromEntries(names.map((name, i) => [name, (cells[i] ?? "").trim()])));
}

/** A row's cell whose column's name has a word in it. */
const cell = (row: Row, word: RegExp): string => Object.entries(row).find(([name]) => word.test(name))?.[1] ?? "";
/** The digits that a number in a table or a name stands for: "S0809" and "809" alike. */
const digits = (text: string): string => text.replace(/^\D+/, "").replace(/^0+(?=\d)/, "");

function relationOf(table: readonly Row[], interaction: string, people: readonly string[]): number {
  const session = /_S(\d+)/i.exec(interaction)![1];
  const row = table.find((one) => {
    const ids = Object.entries(one).flatMap(([name, value]) => (/participant/.test(name) ? [digits(value)] : []));
    return (
      digits(cell(one, /session/)) === digits(session) &&
      (ids.length < 2 || people.every((id) => ids.includes(digits(id))))
    );
  });
  return row ? WORDS.findIndex((word) => word.test(cell(row, /relation/))) : -1;
}

/** Z-scores of BFI-2's five scales by participant, each scale over all who are in the table. */
function traitsBy(table: readonly Row[]): Map<string, Float32Array> {
  const scored = table.flatMap((row) => {
    const values = TRAITS.map((trait) => Number(cell(row, new RegExp(trait.slice(0, 8))) || Number.NaN));
    return values.every(Number.isFinite) ? [{ id: cell(row, /participant|^id$/), values }] : [];
  });
  const scales = TRAITS.map((_, i) => {
    const all = scored.map(({ values }) => values[i]);
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const spread = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
    return { mean, spread: spread > 0 ? spread : 1 };
  });
  const found = new Map<string, Float32Array>();
  for (const { id, values } of scored) {
    const scores = Float32Array.from(values, (value, i) => (value - scales[i].mean) / scales[i].spread);
    found.set(id.replace(/^P/i, ""), scores);
  }
  return found;
}

/** The gestures of SMPL-H's poses in an .npz of Seamless Interaction: rotation vectors, 30 a second. */
export async function seamlessMotion(path: string): Promise<ReadMotion> {
  const name = basename(path);
  const files = unzipSync(await reading(path, () => readFile(path)));
  const array = (key: string, joints: number): ArrayLike<number> => {
    const bytes = files[`smplh:${key}.npy`] ?? files[`${key}.npy`];
    if (!bytes) throw new Error(`${name} has no smplh:${key}; it has ${Object.keys(files).slice(0, 12).join(", ")}.`);
    const { shape, data } = readNpy(bytes, `${name}, smplh:${key}`);
    if (joints > 0 && data.length !== shape[0] * joints * 3)
      throw new Error(
        `${name}: smplh:${key} is [${shape.join(", ")}]; it must have ${joints} rotation vectors a frame.`,
      );
    return data;
  };
  const [body, left, right] = [array("body_pose", 21), array("left_hand_pose", 15), array("right_hand_pose", 15)];
  const frames = body.length / 63;
  const mask = array("is_valid", 0);
  if (left.length !== frames * 45 || right.length !== frames * 45 || mask.length !== frames)
    throw new Error(
      `${name}: body, hands and is_valid have ${frames}, ${left.length / 45}, ${right.length / 45} and ${mask.length} frames; ` +
        "they must have as many.",
    );
  const gesture = new Float32Array(frames * GESTURE_FEATURES);
  const valid = Uint8Array.from(mask, (value) => (value >= 0.5 ? 1 : 0));
  for (let frame = 0; frame < frames; frame++)
    for (const [i, joint] of GESTURE_JOINTS.entries()) {
      const [values, at] =
        joint < 22
          ? [body, 63 * frame + 3 * (joint - 1)]
          : joint < FULL_BODY.names.length - 15
            ? [left, 45 * frame + 3 * (joint - 22)]
            : [right, 45 * frame + 3 * (joint - 37)];
      const axis: [number, number, number] = [values[at], values[at + 1], values[at + 2]];
      const angle = Math.hypot(...axis);
      if (!Number.isFinite(angle)) {
        if (valid[frame])
          throw new Error(`${name}: frame ${frame} counts as valid, and a rotation of it is no number.`);
      }
      const turn: Quaternion = angle > 0 && Number.isFinite(angle) ? aboutAxis(axis, angle) : [0, 0, 0, 1];
      gesture.set(toSix(turn), frame * GESTURE_FEATURES + 6 * i);
    }
  return { gesture, valid, notes: [] };
}

import { relative } from "node:path";
import { many } from "../../io/show.js";
import { below, FORMATS, type Folder, hasPictures, isOtherPicture, naturalOrder } from "./tree.js";

/** A picture and what its place says of it. */
export interface Found {
  path: string;
  /** Null where there are no classes. */
  className: string | null;
}

/** What a folder's pictures are, by the names of its folders. */
export interface Sorted {
  train: Found[];
  /** Undefined where no folder says which pictures are for testing. */
  test: Found[] | undefined;
  classNames: string[] | null;
  notes: string[];
  /** Pictures of a split that is not used. */
  unused: { folder: string; paths: string[] }[];
}

const SPLIT = /^(train|training|test|testing|val|valid|validation)(?:[ _-]?(?:set|data|split|images))?$/i;
type Split = "train" | "test" | "val";
const splitOf = (name: string): Split | null => {
  const found = SPLIT.exec(name)?.[1].toLowerCase();
  return !found ? null : found.startsWith("tr") ? "train" : found.startsWith("te") ? "test" : "val";
};

/**
 * Takes a folder's subfolders for classes, or, where the names of all of them are those of splits, for splits that have
 * classes inside. Throws where neither can be meant. `noun` is what its pictures are called.
 */
export function sortPictures(root: Folder, noun = "picture"): Sorted {
  const { folder, notes } = unwrapped(root, root.path);
  const splits = filled(folder).map((one) => ({ one, split: splitOf(one.name) }));
  if (splits.length === 0 || folder.pictures.length > 0 || splits.some(({ split }) => split === null)) {
    const { files, classNames } = classesIn(folder, root.path, noun);
    return { train: files, test: undefined, classNames, notes, unused: [] };
  }
  const named = (wanted: Split) => splits.filter(({ split }) => split === wanted).map(({ one }) => one);
  const [train, ...others] = named("train");
  const names = splits.map(({ one }) => `"${one.name}"`).join(" and ");
  if (!train)
    throw new Error(
      `${folder.path} has ${names}, which are names of splits, but none to train on. Call one "train"; or if they are ` +
        "classes, give them other names.",
    );
  const [test, ...rest] = [...named("test"), ...named("val")];
  const twice = others[0] ?? rest.find((one) => test && splitOf(one.name) === splitOf(test.name));
  if (twice)
    throw new Error(`${folder.path} has ${names}: ${twice.name} is one split too many. Put its ${noun}s into another.`);
  const inside = (one: Folder) => {
    const { folder, notes: more } = unwrapped(one, root.path);
    notes.push(...more);
    return classesIn(folder, root.path, noun);
  };
  const [learned, tested] = [inside(train), test && inside(test)];
  if (tested && !learned.classNames !== !tested.classNames) {
    const [classed, plain] = learned.classNames ? [train, test] : [test, train];
    throw new Error(
      `${classed.path} has class folders and ${plain.path} has none. Sort both into classes, or neither.`,
    );
  }
  const only = tested?.classNames?.find((name) => !learned.classNames?.includes(name));
  if (only !== undefined) {
    const like = learned.classNames?.find((name) => name.toLowerCase() === only.toLowerCase());
    throw new Error(
      `The class "${only}" has ${noun}s in ${test.path} only, and none in ${train.path} to learn from` +
        (like ? ` (there it is "${like}"; give both one name).` : ". Add some, or take the class away."),
    );
  }
  return {
    train: learned.files,
    test: tested?.files,
    classNames: learned.classNames,
    notes,
    unused: rest.map((one) => ({ folder: one.name, paths: below(one, "pictures") })),
  };
}

const filled = ({ folders }: Folder) => folders.filter(hasPictures);

/** What an archive that was unpacked into a folder of its own name hides: the only folder, if it has folders inside. */
function unwrapped(folder: Folder, root: string): { folder: Folder; notes: string[] } {
  const [only, ...others] = filled(folder);
  if (!only || others.length > 0 || folder.pictures.length > 0 || only.pictures.length > 0 || splitOf(only.name))
    return { folder, notes: [] };
  const inner = unwrapped(only, root);
  return {
    folder: inner.folder,
    notes: inner.notes.length > 0 ? inner.notes : [`The folders inside ${relative(root, only.path)} are taken.`],
  };
}

function classesIn(folder: Folder, root: string, noun: string): { files: Found[]; classNames: string[] | null } {
  const classes = filled(folder);
  if (classes.length > 0 && folder.pictures.length > 0)
    throw new Error(
      `${folder.path} has ${noun}s both in itself (${relative(folder.path, folder.pictures[0])}) and in subfolders ` +
        `(${classes[0].name}). Subfolders are classes; move the loose ${noun}s into one.`,
    );
  for (const one of folder.folders)
    if (!hasPictures(one)) {
      const unread = below(one, "others").filter(isOtherPicture);
      if (unread.length > 0)
        throw new Error(
          `The folder ${relative(root, one.path)} has ${many(unread.length, "picture")} of formats that are not read ` +
            `(${relative(one.path, unread[0])}), and no other. Convert them to ${FORMATS}, or move the folder elsewhere.`,
        );
    }
  if (classes.length === 0)
    return { files: folder.pictures.map((path) => ({ path, className: null })), classNames: null };
  return {
    files: classes.flatMap((one) => below(one, "pictures").map((path) => ({ path, className: one.name }))),
    classNames: [...new Set(classes.map(({ name }) => name))].sort(naturalOrder),
  };
}

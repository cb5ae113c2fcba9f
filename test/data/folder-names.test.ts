import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveDataset } from "../../src/data/index.js";
import { makeFolder, several } from "./fixtures/folders.js";

const counted = async (root: string, options = {}) =>
  Object.fromEntries((await resolveDataset(root, options)).report!.classes!.map((c) => [c.name, c.train + c.test]));

test("a split's name is a class's where its siblings are classes", async () => {
  const root = await makeFolder({
    ...several("bus", 6),
    ...several("car", 6),
    ...several("train", 6),
    "notes/a.txt": "x",
  });
  expect(await counted(root)).toEqual({ bus: 6, car: 6, train: 6 });
  expect(await counted(await makeFolder({ ...several("test", 6), ...several("field", 6) }))).toEqual({
    test: 6,
    field: 6,
  });
});

test("names of splits in other words are splits", async () => {
  const root = await makeFolder({ ...several("Training_Set/a", 3), ...several("validation_set/a", 2) });
  const { classNames, train, test } = await resolveDataset(root);
  expect([classNames, train.count, test.count]).toEqual([["a"], 3, 2]);
  const three = await makeFolder({ ...several("train/a", 3), ...several("val/a", 4), ...several("test/a", 2) });
  const { report } = await resolveDataset(three);
  expect([report!.train, report!.test]).toEqual([3, 2]);
  expect(report!.leftOut).toMatchObject([{ count: 4, what: "in val" }]);
});

test("splits without one to train on, or with one too many, are refused", async () => {
  const none = await makeFolder({ ...several("test/a", 3), ...several("val/a", 3) });
  await expect(resolveDataset(none)).rejects.toThrow(/"test" and "val".*none to train on\. Call one "train"/);
  const two = await makeFolder({ ...several("train/a", 3), ...several("training/a", 3) });
  await expect(resolveDataset(two)).rejects.toThrow(/training is one split too many/);
  const mixed = await makeFolder({ ...several("train/a", 3), ...several("test", 3) });
  await expect(resolveDataset(mixed)).rejects.toThrow(/train has class folders and .*test has none/);
});

test("a class that is only in test/ is refused by its name, also where the case differs", async () => {
  const only = await makeFolder({ ...several("train/a", 3), ...several("test/a", 1), ...several("test/b", 2) });
  await expect(resolveDataset(only)).rejects.toThrow(/class "b" has pictures in .*test only, and none in .*train/);
  const like = await makeFolder({ ...several("train/Cat", 3), ...several("test/cat", 1) });
  await expect(resolveDataset(like)).rejects.toThrow(/there it is "Cat"; give both one name/);
});

test("linked folders and pictures are followed, links in a circle and to nothing are not", async () => {
  const elsewhere = await makeFolder({ ...several("dogs", 6, 100), "lone.png": 200 });
  const root = await makeFolder(several("cats", 6));
  await symlink(join(elsewhere, "dogs"), join(root, "dogs"));
  await symlink(join(elsewhere, "lone.png"), join(root, "cats", "lone.png"));
  await symlink(root, join(root, "cats", "again"));
  await symlink("nowhere.png", join(root, "cats", "gone.png"));
  await symlink("nowhere", join(root, "gone"));
  const { report, classNames } = await resolveDataset(root);
  expect(classNames).toEqual(["cats", "dogs"]);
  expect([report!.train, report!.test]).toEqual([11, 2]);
  expect(report!.leftOut).toHaveLength(1);
  expect(report!.leftOut[0].files.sort()).toEqual([
    "cats/again: it is a link back to a folder that it is in",
    "cats/gone.png: it is a link to nothing",
    "gone: it is a link to nothing",
  ]);
});

test("what an archive unpacked into a folder of its own name is taken, and told", async () => {
  const root = await makeFolder({ ...several("pics/pics/cats", 6), ...several("pics/pics/dogs", 6) });
  const { classNames, report } = await resolveDataset(root);
  expect(classNames).toEqual(["cats", "dogs"]);
  expect(report!.notes).toEqual(["The folders inside pics/pics are taken."]);
  const splits = await makeFolder({ ...several("pics/train/pics/cats", 3), ...several("pics/test/cats", 3) });
  expect(await counted(splits)).toEqual({ cats: 6 });
  expect(await counted(await makeFolder(several("pics", 6)))).toEqual({ pics: 6 });
});

test("folders that systems leave behind are no classes", async () => {
  const junk = ["@eaDir/a", "__MACOSX/a", "#recycle", ".ipynb_checkpoints", "$RECYCLE.BIN"];
  const root = await makeFolder({
    ...several("cats", 6),
    ...several("dogs", 6),
    ...Object.assign({}, ...junk.map((name) => several(name, 2))),
    ...Object.assign({}, ...junk.map((name) => several(`cats/${name}`, 2))),
    "cats/._00.png": "resource fork",
  });
  expect(await counted(root)).toEqual({ cats: 6, dogs: 6 });
});

test("numbered classes are in the order of their numbers, one name in two spellings is one class", async () => {
  const root = await makeFolder(Object.assign({}, ...["10", "9", "1", "2"].map((name) => several(name, 2))));
  expect((await resolveDataset(root)).classNames).toEqual(["1", "2", "9", "10"]);
  const [composed, decomposed] = ["caf\u00e9", "cafe\u0301"];
  const both = await makeFolder({ ...several(`train/${composed}`, 2), ...several(`test/${decomposed}`, 2) });
  expect((await resolveDataset(both)).classNames).toEqual([composed]);
});

test("classes too small to share keep all in training; each larger one is tested", async () => {
  const root = await makeFolder({ ...several("big", 20), ...several("small", 5, 50), ...several("single", 1, 90) });
  const { report } = await resolveDataset(root);
  expect(report!.classes).toEqual([
    { name: "big", train: 18, test: 2 },
    { name: "single", train: 1, test: 0 },
    { name: "small", train: 4, test: 1 },
  ]);
  const tiny = await makeFolder({ ...several("a", 2), ...several("b", 3) });
  expect((await resolveDataset(tiny)).report!.classes).toEqual([
    { name: "a", train: 2, test: 0 },
    { name: "b", train: 2, test: 1 },
  ]);
  const singles = await makeFolder({ "a/1.png": 1, "b/1.png": 2 });
  await expect(resolveDataset(singles)).rejects.toThrow(/one image of each class/);
});

test("a class whose pictures cannot be read is refused by its folder's name", async () => {
  const root = await makeFolder({ ...several("cats", 6), "phone/a.heic": "x", "phone/b.HEIC": "x" });
  await expect(resolveDataset(root)).rejects.toThrow(/folder phone has 2 pictures of formats that are not read/);
  await expect(resolveDataset(await makeFolder({ "a.heic": "x" }))).rejects.toThrow(/1 file of formats that are not/);
  const broken = await makeFolder({ ...several("cats", 6), "dogs/a.png": "x" });
  await expect(resolveDataset(broken, { skipBroken: true })).rejects.toThrow(/No picture of the class "dogs"/);
});

test("an empty folder says that it is empty", async () => {
  const root = await makeFolder({ "a/b.png": 1 });
  await rm(join(root, "a"), { recursive: true });
  await mkdir(join(root, "b"));
  await expect(resolveDataset(root)).rejects.toThrow(/no pictures .*it is empty/);
});

test("a folder without anything in it is no class, and is told", async () => {
  const root = await makeFolder({ ...several("cats", 6), ...several("dogs", 6) });
  await mkdir(join(root, "birds", "small"), { recursive: true });
  const { report, classNames } = await resolveDataset(root);
  expect(classNames).toEqual(["cats", "dogs"]);
  expect(report!.leftOut).toMatchObject([{ count: 1, what: "empty folder", files: ["birds/small"] }]);
});

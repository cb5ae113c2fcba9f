import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rename, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { withWorkspace } from "../../src/data/workspace.js";

const temporary = () => mkdtemp(join(tmpdir(), "workspace-"));
const fill = async (folder: string, content: string) => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "file"), content);
};
const content = (folder: string) => readFile(join(folder, "file"), "utf8").catch(() => null);
const failing = (parent: string, text: string) =>
  withWorkspace(parent, async (folder) => {
    await fill(folder, text);
    throw new Error("stopped");
  }).catch(() => {});
/** The name that this process' folders have. */
const ownName = (parent: string) => withWorkspace(parent, async (folder) => basename(folder));

test("what a failed call left is there for the next, and nothing is left after success", async () => {
  const parent = await temporary();
  await failing(parent, "half");
  await withWorkspace(parent, async (folder) => {
    expect(await content(folder)).toBe("half");
    expect(await readdir(parent)).toEqual([basename(folder)]);
  });
  expect(await readdir(parent)).toEqual([]);
  for (const name of ["idle-00000001", "idle-00000002", "idle-00000003"]) await fill(join(parent, name), name);
  await withWorkspace(parent, async (folder) => expect(await content(folder)).toMatch(/^idle-/));
  expect(await readdir(parent)).toEqual([]);
});

test("calls at one time have folders of their own, and only one takes over what was left", async () => {
  const parent = await temporary();
  await failing(parent, "left");
  let waiting = 8;
  let go = () => {};
  const all = new Promise<void>((resolve) => {
    go = resolve;
  });
  const calls = Array.from({ length: 8 }, (_, i) =>
    withWorkspace(parent, async (folder) => {
      const before = await content(folder);
      await fill(folder, String(i));
      if (--waiting === 0) go();
      await all;
      expect(await content(folder)).toBe(String(i));
      return before;
    }),
  );
  expect((await Promise.all(calls)).filter((before) => before !== null)).toEqual(["left"]);
  expect(await readdir(parent)).toEqual([]);
});

test("the folder of a process that ended is taken over, that of one that runs is not", async () => {
  const parent = await temporary();
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  const [place, , start] = (await ownName(parent)).split("-");
  const childStart = start && (await readFile(`/proc/${child.pid}/stat`, "utf8")).split(") ")[1].split(" ")[19];
  const theirs = join(parent, `${place}-${child.pid}-${childStart}-00000000`);
  await fill(theirs, "theirs");
  await withWorkspace(parent, async (folder) => expect(await content(folder)).toBeNull());
  expect(await content(theirs)).toBe("theirs");
  child.kill("SIGKILL");
  await once(child, "exit");
  await withWorkspace(parent, async (folder) => expect(await content(folder)).toBe("theirs"));
  expect(await readdir(parent)).toEqual([]);
});

test.runIf(process.platform === "linux")(
  "a process number that is used again is not taken for its first owner",
  async () => {
    const parent = await temporary();
    const [place, pid, start] = (await ownName(parent)).split("-");
    await fill(join(parent, `${place}-${pid}-${start}-00000000`), "of this process");
    await fill(join(parent, `${place}-${pid}-${Number(start) - 1}-00000000`), "of an earlier one");
    await withWorkspace(parent, async (folder) => expect(await content(folder)).toBe("of an earlier one"));
    expect(await readdir(parent)).toEqual([`${place}-${pid}-${start}-00000000`]);
  },
);

test("what another machine wrote is left alone for a day, and what has another name for ever", async () => {
  const parent = await temporary();
  const foreign = join(parent, "ffffffff-1-1-00000000");
  await fill(foreign, "foreign");
  await fill(join(parent, "notes"), "mine");
  await withWorkspace(parent, async (folder) => expect(await content(folder)).toBeNull());
  expect(await content(foreign)).toBe("foreign");
  const yesterday = Date.now() / 1000 - 25 * 3600;
  await utimes(foreign, yesterday, yesterday);
  await withWorkspace(parent, async (folder) => expect(await content(folder)).toBeNull()); // the file in it is new
  await utimes(join(foreign, "file"), yesterday, yesterday);
  await rename(foreign, `${foreign.slice(0, -1)}1`);
  await utimes(`${foreign.slice(0, -1)}1`, yesterday, yesterday);
  await withWorkspace(parent, async (folder) => expect(await content(folder)).toBe("foreign"));
  expect(await readdir(parent)).toEqual(["notes"]);
});

import { mkdir, mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFileAtomic } from "../../src/io/index.js";

const folder = () => mkdtemp(join(tmpdir(), "atomic-"));

test("writes text, bytes and streams of bytes, making folders", async () => {
  const root = await folder();
  const path = join(root, "a", "b.txt");
  await writeFileAtomic(path, "first");
  await writeFileAtomic(path, new TextEncoder().encode("second"));
  expect(await readFile(path, "utf8")).toBe("second");
  async function* chunks() {
    yield Uint8Array.of(104, 105);
    yield Uint8Array.of(33);
  }
  await writeFileAtomic(path, chunks());
  expect(await readFile(path, "utf8")).toBe("hi!");
  expect(await readdir(join(root, "a"))).toEqual(["b.txt"]);
});

test("a failure half-way keeps the old file and leaves no temporary one", async () => {
  const root = await folder();
  const path = join(root, "kept.txt");
  await writeFileAtomic(path, "old");
  async function* failing() {
    yield new Uint8Array(100_000);
    throw new Error("the source broke");
  }
  await expect(writeFileAtomic(path, failing())).rejects.toThrow(/kept\.txt: the source broke/);
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(root)).toEqual(["kept.txt"]);
});

test("a folder in the way is an error that names the path, and stays", async () => {
  const root = await folder();
  await mkdir(join(root, "taken", "x"), { recursive: true });
  await expect(writeFileAtomic(join(root, "taken"), "text")).rejects.toThrow(/Could not write .*taken/);
  expect(await readdir(root)).toEqual(["taken"]);
});

test("concurrent writers of one name leave one whole file", async () => {
  const root = await folder();
  const path = join(root, "shared");
  const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(50_000));
  await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
  expect(texts).toContain(await readFile(path, "utf8"));
  expect(await readdir(root)).toEqual(["shared"]);
});

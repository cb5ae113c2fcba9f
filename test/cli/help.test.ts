import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { inProcess } from "./in-process.js";

const fewstep = inProcess(tmpdir());

test("help of train names everything that --data may be", async () => {
  const { code, stdout } = await fewstep(["train", "--help"]);
  expect(code).toBe(0);
  const [said] = /--data <id\|path>.*?--preset/s.exec(stdout)!;
  const words = said.replace(/\s+/g, " ");
  for (const kind of ["images", "IDX", "CIFAR", "a text file", "motions (BVH, GLB, VRMA", "dialogues (sounds beside"])
    expect(words).toContain(kind);
});

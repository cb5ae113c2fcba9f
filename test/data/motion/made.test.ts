import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkData, listDatasets } from "../../../src/data/index.js";
import { ACTIONS } from "../../../src/data/motion/locomotion/index.js";
import { command } from "../../cli/command.js";

const fewstep = command(join(tmpdir(), "no-cache"), { sources: true });

test("locomotion is listed, and told as motion whose reading has no options", async () => {
  const listed = (await listDatasets()).find(({ id }) => id === "locomotion");
  expect(listed).toMatchObject({ kind: "motion", downloadBytes: 0, cached: true, classes: ACTIONS.length });
  expect(await checkData("locomotion")).toBe("motion");
  await expect(checkData("locomotion", { size: 32 })).rejects.toThrow(/locomotion holds motions.*--size/);
});

test("there is nothing to fetch of it", async () => {
  const { code, stderr, stdout } = await fewstep(["data", "get", "locomotion"]);
  expect([code, stdout]).toEqual([0, ""]);
  expect(stderr).toMatch(/locomotion: there is nothing to fetch/);
  const forced = await fewstep(["data", "get", "locomotion", "--force"]);
  expect(forced.code).toBe(2);
  expect(forced.stderr).toMatch(/--force would have no effect/);
});

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exportCommand } from "../../src/cli/export.js";
import { resolveDataset } from "../../src/data/index.js";
import { loadModel } from "../../src/methods/load.js";
import { methodOf } from "../../src/methods/registry.js";
import { type ModelConfig, readModel, writeModel } from "../../src/models/files.js";
import { writeUntrainedDrifting } from "../methods/fixtures/untrained.js";

const root = mkdtempSync(join(tmpdir(), "lighter-"));
const [plain, all] = [join(root, "plain"), join(root, "all")];
const data = fileURLToPath(new URL("../fixtures/fashion-mnist", import.meta.url));
const described = (folder: string) => JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
const choose = ({ method }: ModelConfig) => methodOf(method)!.architecture;

let server: Server;
let asked: string[] = [];
let base: string;

beforeAll(async () => {
  await writeUntrainedDrifting(plain, await resolveDataset(data));
  await exportCommand(plain, { lighter: true, out: all, data, count: 100 });
  server = createServer((request, response) => {
    asked.push(request.url!);
    response.end(readFileSync(join(root, request.url!)));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
});

test("a folder has the weights as they were, and lighter ones with what they were measured to be", () => {
  const { lighter, ...config } = described(all);
  const original = described(plain);
  expect({ ...config, sha256: null }).toEqual({ ...original, sha256: null });
  expect(readFileSync(join(all, "model.safetensors"))).toEqual(readFileSync(join(plain, "model.safetensors")));
  expect(lighter.map(({ dtype }: { dtype: string }) => dtype)).toEqual(["int8", "int4"]);
  for (const { dtype, bytes } of lighter) expect(statSync(join(all, `model.${dtype}.safetensors`)).size).toBe(bytes);
  expect(lighter[0]).toMatchObject({ equal: true }); // 8 bits change next to nothing
  expect(lighter[1].bytes).toBeLessThan(0.8 * lighter[0].bytes);
});

/** What is fetched of a folder whose lighter weights are said to be as good or not, in the order int8, int4. */
async function fetched(equal: readonly boolean[], options = {}): Promise<{ file: string; stored: string }> {
  const folder = join(root, equal.join("-"));
  cpSync(all, folder, { recursive: true });
  const config = described(all);
  config.lighter.forEach((one: { equal: boolean }, i: number) => void (one.equal = equal[i]));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  asked = [];
  await using model = await loadModel(`${base}/${equal.join("-")}`, options);
  const file = asked[1].split("/").at(-1)!;
  expect(model.kind).toBe("image");
  expect(asked).toHaveLength(2);
  const weights = file === "model.safetensors" ? "original" : "lightest";
  const { stored } = await readModel(`${base}/${equal.join("-")}`, choose, { weights });
  expect(asked[3]).toBe(asked[1]);
  return { file, stored };
}

test("at a URL the lightest is fetched that draws as well, and nothing else", async () => {
  expect(await fetched([true, true])).toEqual({ file: "model.int4.safetensors", stored: "int4" });
  expect((await fetched([true, true], { weights: undefined })).stored).toBe("int4");
  expect(await fetched([true, false])).toEqual({ file: "model.int8.safetensors", stored: "int8" });
  expect((await fetched([false, false])).file).toBe("model.safetensors");
  expect((await fetched([true, true], { weights: "original" })).file).toBe("model.safetensors");
});

test("what is not drawn with, as where training begins with it, is read as it was, at a URL too", async () => {
  await fetched([true, true]);
  asked = [];
  await readModel(`${base}/true-true`, choose);
  expect(asked[1]).toMatch(/\/model\.safetensors$/);
});

test("here the original is read, unless the lightest is asked for; both draw", async () => {
  const { stored } = await readModel(all, choose);
  expect(stored).toBe((await readModel(plain, choose)).stored);
  expect((await readModel(all, choose, { weights: "lightest" })).stored).toMatch(/^int[48]$/);
  await expect(readModel(all, choose, { weights: "smallest" as never })).rejects.toThrow('"original" or "lightest"');
  await using model = await loadModel(all, { kind: "image", weights: "lightest" });
  expect((await model.sample({ count: 2 })).count).toBe(2);
});

test("lighter weights that are damaged are refused by their own checksum", async () => {
  const folder = join(root, "damaged");
  cpSync(all, folder, { recursive: true });
  const path = join(folder, "model.int8.safetensors");
  const bytes = readFileSync(path);
  bytes[bytes.length - 5] ^= 1;
  writeFileSync(path, bytes);
  const config = described(all);
  config.lighter[1].equal = false;
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  await expect(readModel(folder, choose, { weights: "lightest" })).rejects.toThrow(
    "model.int8.safetensors: The file is",
  );
  await expect(readModel(folder, choose)).resolves.toMatchObject({ stored: expect.any(String) });
});

test("a model that is written elsewhere does not say that it has lighter weights", async () => {
  const out = join(root, "again");
  await writeModel(out, await readModel(all, choose));
  expect(described(out).lighter).toBeUndefined();
});

test("what has no effect, or cannot be, is refused and nothing is written", async () => {
  const out = join(root, "none");
  await expect(exportCommand(plain, { lighter: true, out, dtype: "int8" })).rejects.toThrow(
    "--dtype is not for --lighter",
  );
  await expect(exportCommand(plain, { out, count: 100 })).rejects.toThrow("--count is for --lighter");
  await expect(exportCommand(plain, { lighter: true, out: all })).rejects.toThrow("is not empty");
  await expect(exportCommand("duo-names", { lighter: true, out })).rejects.toThrow("duo-names draws no images");
  expect(existsSync(out)).toBe(false);
});

import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { decodeImage } from "../../src/io/index.js";
import { makeFolder, several } from "../data/fixtures/folders.js";
import { command } from "./command.js";

const root = mkdtempSync(join(tmpdir(), "cli-data-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const fewstep = command(join(root, "cache"));
const pictures = { ...several("bus", 6), ...several("car", 6, 100), "train/0.png": [200, 30, 30], "bus/x.heic": "x" };

describe("data check", () => {
  test("says what training would read, names what it cannot, and writes a sheet with a row for each class", async () => {
    const path = await makeFolder({ ...pictures, "car/broken.png": "x" });
    const refused = await fewstep(["data", "check", path]);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(/1 of the 14 pictures .*\n {2}car\/broken\.png: .*\n.*--skip-broken/);
    const sheet = join(root, "sheet.png");
    const { code, stderr } = await fewstep(["data", "check", path, "--skip-broken", "--out", sheet]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /: 13 pictures, 3 classes \(bus 6, car 6, train 1\), 2 \(15 %\) for testing, 8×8 colour; left out: 1 \.heic \(format\), 1 unreadable \(named below\)\.\n12 of them are grey .*\n {2}unreadable: car\/broken\.png: it is no picture/,
    );
    const { pixels, width, height } = await decodeImage(sheet);
    expect([width, height]).toEqual([16 * 66 + 2, 3 * 66 + 2]);
    const at = (x: number, y: number) => [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    expect([at(10, 142), at(80, 142)]).toEqual([
      [200, 30, 30],
      [255, 255, 255],
    ]);
    const { stdout } = await fewstep(["data", "check", path, "--skip-broken", "--json", "--channels", "1"]);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ kind: "images", path, train: 11, test: 2, sheet: null });
    expect(told.leftOut[1].files).toEqual([expect.stringMatching(/^car\/broken\.png: /)]);
  });

  test.each([
    [["--channels", "4", "--background", "red"], /keeps transparency, so that --background would have no effect/],
    [["--channels", "2"], /--channels is 1 \(grey\), 3 \(colour\) or 4 \(colour with transparency\), got 2/],
    [["--background", "glass"], /got "glass"/],
    [["--lines"], /holds pictures, for which --lines would have no effect/],
    [["--encoding", "latin1"], /holds pictures, for which --encoding would have no effect/],
    [["--out", "sheet.txt"], /A picture's name ends in \.png.*got "sheet\.txt"/],
  ])("%o is wrong use", async (args, message) => {
    const { code, stderr } = await fewstep(["data", "check", await makeFolder(several("a", 3)), ...args]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

test("data check of a text says how its bytes were read and which lines are left out", async () => {
  const path = join(root, "names.txt");
  const lines = Array.from({ length: 40 }, (_, i) => `Zoë ${i}`);
  writeFileSync(path, Buffer.from([...lines, "Zoë 0", "", "Zoë 1"].join("\r\n"), "latin1"));
  const { code, stderr } = await fewstep(["data", "check", path, "--lines"]);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(
    /^names\.txt: 40 lines, 15 % for judges, 5 % for testing, windows-1252 \(by its content\), line ends 42 CRLF; left out: 2 lines \(repeated\), 1 line \(empty\)\.\nnames\.txt is read as windows-1252, by its content\.$/m,
  );
  const { stdout } = await fewstep(["data", "check", path, "--lines", "--encoding", "latin1", "--json"]);
  const { content, notes, train, test } = JSON.parse(stdout);
  expect([content[3], notes, train, test]).toEqual(["windows-1252 (as asked)", [], 32, 2]);
  const unknown = await fewstep(["data", "check", path, "--encoding", "klingon"]);
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/There is no encoding "klingon"/)]);
});

describe("a run", () => {
  test("says what it read, keeps it, and goes on only with the same, wherever that is", async () => {
    const [path, out] = [await makeFolder(pictures), join(root, "run")];
    const settings = ["--set", "steps=3", "batch=4", "widths=[8,8,8]", "features=8"];
    const train = ["train", "classifier", "--threads", "1", "--json"];
    const here = relative(join(import.meta.dirname, "../.."), path); // where the command is run
    const begun = await fewstep([...train, "--data", here, "--out", out, "--max-seconds", "0.001", ...settings]);
    expect(begun.code, begun.stderr).toBe(0);
    expect(begun.stderr).toMatch(/: 13 pictures, 3 classes \(bus 6, car 6, train 1\).*left out: 1 \.heic \(format\)/);
    expect(JSON.parse(begun.stdout)).toMatchObject({ status: "interrupted", data: { train: 11, test: 2, path } });
    expect(JSON.parse(readFileSync(join(out, "config.json"), "utf8")).data).toBe(path);
    expect(Object.keys(JSON.parse(readFileSync(join(out, "data.json"), "utf8")).files)).toHaveLength(13);

    const resume = ["train", "classifier", "--threads", "1", "--resume", out];
    renameSync(join(path, "car"), join(path, "auto"));
    const renamed = await fewstep(resume);
    expect(renamed.code).toBe(1);
    expect(renamed.stderr).toMatch(/the classes were bus, car, train and are auto, bus, train; 6 called otherwise/);
    expect(existsSync(join(out, "model"))).toBe(false);
    renameSync(join(path, "auto"), join(path, "car"));

    const moved = `${path}-moved`;
    renameSync(path, moved);
    const gone = await fewstep(resume);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(/data are not at .* any more; say where they are now with --data/);
    const done = await fewstep([...resume, "--data", moved]);
    expect(done.code, done.stderr).toBe(0);
    expect(JSON.parse(readFileSync(join(out, "model", "config.json"), "utf8")).training.data).toBe(moved);
    expect(JSON.parse(readFileSync(join(out, "data.json"), "utf8")).path).toBe(moved);
  }, 120_000);
});

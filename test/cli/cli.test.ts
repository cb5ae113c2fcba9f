import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { savePng } from "../../src/io/index.js";
import { shapes } from "../methods/pictures.js";
import { command } from "./command.js";
import { inProcess } from "./in-process.js";

const root = mkdtempSync(join(tmpdir(), "cli-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const fewstep = command(join(root, "cache"));
const refused = inProcess(join(root, "cache"));

const micro = [
  'features={"task":"classifier","width":8,"blocks":[1,1],"stemStride":2,"batch":16,"steps":3,"lr":0.002}',
  'autoencoder={"latent":6,"encoder":[8,8],"hidden":32,"decoder":[8,8,4],"batch":16,"steps":4,"warmSteps":2,"perceptual":0.1,"latentNoise":0.05,"lr":0.002}',
  'generator={"hidden":32,"blocks":1,"condition":16,"styles":{"count":2,"size":4}}',
  'latentStage={"samples":16,"groups":10,"steps":4,"lr":0.001,"emaDecay":0.9}',
  'jointStage={"samples":16,"groups":10,"steps":3,"lr":0.0005,"emaDecay":0.9}',
  "guidance.unconditional=8",
];

beforeAll(async () => {
  writeFileSync(join(root, "a.zip"), Buffer.from("PK\x03\x04 and so on", "latin1"));
  writeFileSync(join(root, "a.txt"), "text ".repeat(1000));
  await savePng(join(root, "x.png"), new Uint8Array(4), 2, 2, 1);
  const { train, classNames } = shapes({ count: 80 });
  for (const name of classNames!) mkdirSync(join(root, "pictures", name), { recursive: true });
  for (let i = 0; i < train.count; i++)
    await savePng(
      join(root, "pictures", classNames![train.labels![i]], `${i}.png`),
      train.pixels.subarray(i * 256, (i + 1) * 256),
      16,
      16,
      1,
    );
});

describe("a run on a folder of pictures", () => {
  const run = join(root, "run");
  test("stops on Ctrl-C with everything saved and exit code 0", async () => {
    let sent = false;
    const { code, stderr } = await fewstep(
      [
        "train",
        "drifting",
        "--data",
        join(root, "pictures"),
        "--size",
        "16",
        "--out",
        run,
        "--threads",
        "1",
        "--name",
        "mine",
        "--set",
        ...micro,
        "features.steps=300",
      ],
      (child, text) => {
        if (!sent && /features \d/.test(text)) {
          sent = true;
          child.kill("SIGINT");
        }
      },
    );
    expect(stderr).toMatch(/Stopped at step \d+, saved/);
    expect(code).toBe(0);
    expect(existsSync(join(run, "model"))).toBe(false);
    const sheet = join(root, "as-it-is.png");
    const refused = await fewstep(["sample", run, "--out", sheet]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/has not finished: it stands at step \d+.*--resume .*run\. .*--checkpoint/);
    const drawn = await fewstep(["sample", run, "--checkpoint", "--count", "2", "--out", sheet]);
    expect(drawn.code, drawn.stderr).toBe(0);
    expect(drawn.stderr).toMatch(/as it is at step \d+, in the stage "features"/);
    expect(existsSync(sheet)).toBe(true);
    const onnx = join(root, "as-it-is.onnx");
    const exported = await fewstep(["export", run, "--checkpoint", "--out", onnx]);
    expect(exported.code, exported.stderr).toBe(0);
    expect(existsSync(onnx)).toBe(true);
    const picture = join(root, "no-picture.png"); // the model is loaded first
    const edited = await fewstep(["edit", "refine", run, picture, picture, "--checkpoint", "--out", sheet]);
    expect(edited.stderr).toMatch(/as it is at step.*\n.*There is no file .*no-picture/);
  });

  test("refuses to start over it, and goes on with --resume to its end", async () => {
    const again = await fewstep([
      "train",
      "drifting",
      "--data",
      join(root, "pictures"),
      "--size",
      "16",
      "--out",
      run,
      "--set",
      ...micro,
    ]);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/already holds a run/);
    const file = join(run, "config.json");
    const config = readFileSync(file, "utf8");
    writeFileSync(file, config.replace(/"steps": 300/, '"steps": 200'));
    const edited = await fewstep(["train", "drifting", "--resume", run]);
    expect(edited.code).toBe(1);
    expect(edited.stderr).toMatch(/settings.features.steps \(300 → 200\)\. Put back/);
    for (const [text, message] of [
      ["null", /config.json does not describe a run/],
      [config.replace(/"settings": \{/, '"settings": 7, "x": {'), /does not describe a run[\s\S]*settings/],
    ] as const) {
      writeFileSync(file, text);
      const strange = await fewstep(["train", "drifting", "--resume", run]);
      expect(strange.code).toBe(1);
      expect(strange.stderr).toMatch(message);
    }
    writeFileSync(file, config);
    const resumed = await fewstep([
      "train",
      "drifting",
      "--resume",
      run,
      "--threads",
      "1",
      "--json",
      "--set",
      "jointStage.lr=0.0001",
    ]);
    expect(resumed.stderr).toMatch(/another configuration so far: settings.jointStage.lr \(0.0005 → 0.0001\)/);
    expect(JSON.parse(readFileSync(file, "utf8")).settings.jointStage.lr).toBe(0.0001);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: "finished", step: 311, model: join(run, "model") });
  });

  test("trains to the end and prints one JSON document", async () => {
    const whole = join(root, "whole");
    const done = await fewstep([
      "train",
      "drifting",
      "--data",
      join(root, "pictures"),
      "--size",
      "16",
      "--out",
      whole,
      "--threads",
      "1",
      "--name",
      "mine",
      "--json",
      "--set",
      ...micro,
    ]);
    expect(done.code, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ status: "finished", step: 14, model: join(whole, "model") });
  });

  test("sample and export use it", async () => {
    const out = join(root, "sheet.png");
    const sampled = await fewstep([
      "sample",
      join(root, "whole"),
      "--count",
      "3",
      "--label",
      "cross",
      "--seed",
      "5",
      "--out",
      out,
      "--json",
    ]);
    expect(sampled.code, sampled.stderr).toBe(0);
    const result = JSON.parse(sampled.stdout);
    expect(result).toMatchObject({ model: "mine", kind: "image", count: 3, nfe: 1, seed: 5, out });
    expect(result.msPerSample).toBeGreaterThan(0);
    expect(readFileSync(out).subarray(1, 4).toString()).toBe("PNG");
    const onnx = join(root, "model.onnx");
    const exported = await fewstep(["export", join(root, "whole"), "--out", onnx, "--batch", "2", "--json"]);
    expect(exported.code, exported.stderr).toBe(0);
    expect(readFileSync(onnx).length).toBeGreaterThan(1000);
    expect(JSON.parse(exported.stdout)).toEqual({
      model: "mine",
      batch: 2,
      bytes: readFileSync(onnx).length,
      out: onnx,
    });
  });
});

describe("wrong use", () => {
  test.each([
    [["paint"], 2, /unknown command/],
    [["sample"], 2, /missing required argument/],
    [["sample", "nobody"], 2, /no model "nobody".*drifting-fashion/],
    [["sample", "drifting-fashion", "--count", "0"], 2, /whole number of at least 1/],
    [["sample", "drifting-fashion", "--label", "hat", "--out", join(root, "x.png")], 2, /no class "hat"/],
    [
      ["sample", "drifting-fashion", "--steps", "8", "--out", join(root, "x.png")],
      2,
      /drifting-fashion takes no "steps"; it takes count, label/,
    ],
    [["sample", "drifting-fashion", "--guidance", "9"], 2, /guidance must be a number in \[1, 4\], got 9/],
    [["sample", "drifting-fashion", "--share-noise", "none"], 2, /takes no "shareNoise"; it takes count, label/],
    [["sample", "drifting-fashion", "--sampler", "heun"], 2, /takes no "sampler"; it takes count, label/],
    [["sample", "flow-fashion", "--steps", "2000"], 2, /steps.*1000.*2000/],
    [["sample", "classifier-fashion-mnist"], 2, /a "classifier" model draws nothing; drifting/],
    [["export", "nobody", "--out", join(root, "z")], 2, /no model "nobody"/],
    [["data", "get", "imagenet"], 2, /no data set "imagenet".*fashion-mnist/],
    [["train", "drifting", "--resume", join(root, "nowhere"), "--size", "8"], 2, /leave out --size/],
    [["train", "painting", "--data", "x", "--out", "y"], 2, /no method "painting".*drifting/],
    [["train", "drifting", "--out", join(root, "z")], 2, /--data/],
    [["train", "drifting", "--data", join(root, "nowhere"), "--out", join(root, "x.png")], 2, /x.png is a file, and/],
    [["train", "drifting", "--data", join(root, "nowhere"), "--out", join(root, "z")], 2, /neither a data set's name/],
    [
      ["train", "drifting", "--data", "mnist", "--preset", "huge", "--out", join(root, "z")],
      2,
      /no preset "huge".*tiny/,
    ],
    [
      [
        "train",
        "drifting",
        "--data",
        join(root, "pictures"),
        "--size",
        "16",
        "--out",
        join(root, "z"),
        "--set",
        "joint.steps=3",
      ],
      2,
      /no setting "joint.steps"/,
    ],
    [["train", "drifting", "--resume", join(root, "nowhere")], 2, /no run/],
    [
      ["train", "discrete", "--data", join(root, "a.zip"), "--out", join(root, "z")],
      2,
      /a.zip is an archive; unpack it/,
    ],
    [
      ["train", "drifting", "--data", join(root, "x.png"), "--out", join(root, "z")],
      2,
      /is a single picture; give the f/,
    ],
    [["eval", "drifting-fashion", "--data", join(root, "x.png")], 2, /is a single picture; give the folder/],
    [["eval", "drifting-fashion", "--data", join(root, "a.txt")], 2, /a.txt is a file; images are read from a folder/],
    [["train", "drifting", "--data", "https://example.com/a", "--out", join(root, "z")], 2, /is an address.*fetch it/],
    [["data", "check", ""], 2, /name or a path, got nothing/],
    [["eval", "drifting-fashion", "--data", "imagenet"], 2, /"imagenet" is neither a data set's name/],
    [["eval", "drifting-fashion", "--neighbours", join(root, "x.gif")], 2, /A picture's name ends in .png/],
    [["eval", "drifting-fashion", "--neighbours", join(root, "%03d.png")], 2, /into one sheet.*leave out the number/],
    [["data", "check", "mnist", "--out", join(root, "%03d.png")], 2, /into one sheet.*leave out the number/],
    [["export", "drifting-fashion", "--out", root], 2, /names a folder; give a file for the network/],
    [
      ["edit", "reconstruct", "sphere-fashion", join(root, "no.png"), "--out", "x.png"],
      2,
      /no file ".*no.png"; give a pi/,
    ],
    [["sample", "drifting-fashion", "--count", "90000"], 2, /17402×17402 pixels is too large.*--out <folder>\/\.\n$/],
    [
      ["sample", "drifting-fashion", "--out", join(root, "x.gif")],
      2,
      /name ends in .png, .webp.*A folder's ends in \//,
    ],
    [["sample", "drifting-fashion", "--out", join(root, "sheets")], 2, /name ends in .png/],
    [["sample", "duo-names", "--out", join(root, "x.webp")], 2, /Texts cannot be written as a picture/],
    [
      [
        "train",
        "drifting",
        "--data",
        join(root, "pictures"),
        "--out",
        join(root, "z"),
        "--set",
        "autoencoder.batch=-4",
      ],
      2,
      /^fewstep: These settings cannot be: autoencoder.batch is -4 \(Too small: [^{]*\)\.\n$/m,
    ],
    [
      ["train", "drifting", "--data", join(root, "pictures"), "--out", join(root, "z"), "--set", "autoencoder.batch=0"],
      2,
      /autoencoder.batch is 0/,
    ],
    ...(process.platform === "linux"
      ? ([
          [
            ["sample", "drifting-fashion", "--count", "1", "--out", "/proc/fewstep/x.png"],
            1,
            /Could not write \/proc\/fewstep\/x.png: ENOENT/,
          ],
        ] as const)
      : []),
  ] as const)("%o exits %d", async (args, code, message) => {
    const outcome = await refused(args);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.code).toBe(code);
    expect(outcome.stdout).toBe("");
    expect(existsSync(join(root, "z"))).toBe(false);
  });

  test("the built command line says and exits with the same", async () => {
    for (const args of [["sample", "nobody"], ["sample"], ["paint"]])
      expect(await fewstep(args)).toEqual(await refused(args));
  });
});

test("help teaches every command; models and data list are JSON", async () => {
  const help = await fewstep(["--help"]);
  expect(help.code).toBe(0);
  for (const name of ["sample", "train", "eval", "export", "import", "data", "doctor", "models"])
    expect(help.stdout).toContain(name);
  for (const name of ["sample", "train", "eval", "export", "import", "data"]) {
    const own = await fewstep([name, "--help"]);
    expect(own.code).toBe(0);
    expect(own.stdout).toMatch(new RegExp(`Examples:\\n +fewstep ${name} `));
  }
  const models = JSON.parse((await fewstep(["models", "--json"])).stdout);
  const names = models.map((m: { name: string }) => m.name);
  expect(names).toContain("drifting-fashion");
  expect(names).not.toContain("classifier-fashion-mnist");
  expect(models.find((m: { name: string }) => m.name === "talk").size).toBe("gestures, 30 frames a second");
  for (const { size } of models) expect(size).not.toContain("undefined");
  expect(JSON.parse((await fewstep(["data", "list", "--json"])).stdout).map((d: { id: string }) => d.id)).toEqual([
    "fashion-mnist",
    "mnist",
    "cifar10",
    "emoji-32",
    "emoji-64",
    "quickdraw",
    "sprites",
    "kjv",
    "sotu",
    "moby-dick",
    "text-mix",
    "names",
    "accad-female1",
    "locomotion",
    "conversations",
    "scenes",
  ]);
});

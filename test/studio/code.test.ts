import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGenerator, type WebGenerator } from "../../src/browser.js";
import { loadModel } from "../../src/methods/load.js";
import { blend } from "../../src/models/blend.js";
import { commandLine, placeOf, typeScript } from "../../studio/src/lib/code.js";
import { drawRecipes, labelOf, single } from "../../studio/src/lib/recipe.js";

/** What a browser has, and Node has not. */
class ImageData {
  constructor(
    readonly data: Uint8ClampedArray,
    readonly width: number,
    readonly height: number,
  ) {}
}
Object.assign(globalThis, { ImageData });

const folder = join(import.meta.dirname, "../../models/drifting-fashion");
/** Folders of pictures that are numbered from 1 are sorted as texts: of hardly any class the number is the name. */
const NUMBERED = ["1", "10", "2", "3", "4", "5", "6", "7", "8", "9"];
function files(classNames?: readonly string[]) {
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  return {
    "config.json": new Blob([JSON.stringify({ ...config, ...(classNames && { classNames }) })]),
    "model.safetensors": new Blob([readFileSync(join(folder, "model.safetensors"))]),
  };
}
const open = (classNames?: readonly string[]) =>
  createGenerator(files(classNames), { kind: "image", device: "wasm", threads: 1 });

let named: WebGenerator<"image">;
let numbered: WebGenerator<"image">;
beforeAll(async () => {
  named = await open();
  numbered = await open(NUMBERED);
});
afterAll(async () => {
  await named?.dispose();
  await numbered?.dispose();
});

describe("classes whose names are numbers", () => {
  test("are drawn each as itself, on the wall and on the pad", async () => {
    const recipes = [...NUMBERED.keys()].map((label) => single(3, label));
    expect(await drawRecipes(numbered, recipes, {})).toEqual(await drawRecipes(named, recipes, {}));
  });

  test("are themselves in the command and the TypeScript", () => {
    const recipe = single(3, 2);
    expect(commandLine("m", numbered, recipe, {})).toContain(" --label 2 ");
    expect(commandLine("m", numbered, single(3, 1), {})).toContain(" --label 10 ");
    expect(typeScript("m", numbered, single(3, 1), {})).toContain('label: "10"');
    const corners = [
      { seed: 1, label: 1 },
      { seed: 2, label: 2 },
    ];
    expect(typeScript("m", numbered, { corners, x: 0.5, y: 0 }, {})).toContain(
      '{ label: "10", seed: 1 },\n  { label: "2", seed: 2 },',
    );
    expect(commandLine("m", named, recipe, {})).toContain(" --label 2 ");
  });

  test("blend as themselves where all corners have one class", async () => {
    const model = await loadModel(files(NUMBERED), { kind: "image", device: "wasm", threads: 1 });
    try {
      const [mixed] = await blend(
        model,
        [
          { seed: 1, label: "10" },
          { seed: 2, label: "10" },
        ],
        { x: 0.5, y: 0 },
      );
      expect([...mixed.labels!]).toEqual([1]);
    } finally {
      await model.release();
    }
  });
});

test("a name that a shell would take apart is quoted", () => {
  const names = ["1", "it's a boot"];
  expect(labelOf(names, 1)).toBe("it's a boot");
  expect(commandLine("m", { ...numbered, classNames: names }, single(0, 1), {})).toContain(
    " --label 'it'\\''s a boot' ",
  );
});

test("a model is called by its name only where Node knows it by that, else by a folder", () => {
  const entry = { name: "my run", kind: "image", method: "drifting", bytes: 1, classNames: null } as const;
  expect(placeOf({ ...entry, shipped: true }, named)).toBe("my run");
  expect(placeOf({ ...entry, shipped: false }, named)).toBe("path/to/my run");
  expect(placeOf({ ...entry, name: "drifting-fashion@shipped", shipped: true }, named)).toBe("drifting-fashion");
  // What a folder "fashion" was trained to is called drifting-fashion too
  const dropped = placeOf({ ...entry, files: files() }, named);
  expect(dropped).toBe("path/to/drifting-fashion");
  expect(commandLine(dropped, named, single(1, 2), {})).toContain("sample path/to/drifting-fashion ");
  expect(typeScript("path/to/my run", named, single(1, 2), {})).toContain('loadModel("path/to/my run"');
  expect(commandLine("path/to/my run", named, single(1, 2), {})).toContain("sample 'path/to/my run' ");
});

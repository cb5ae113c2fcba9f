import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildStudio } from "../../scripts/build-studio.js";
import { drawScene, LAYOUTS } from "../../src/data/scenes/draw.js";
import { sceneImages } from "../../src/data/scenes/index.js";
import { seededScene } from "../../src/data/scenes/seeded.js";
import { VisionLanguageModel } from "../../src/methods/vision-language/model.js";
import { Random } from "../../src/random/index.js";
import {
  describe as described,
  moreBars,
  readItems,
  withBar,
  withDigit,
  withThing,
  writeItems,
} from "../../studio/src/pages/ask/compose.js";
import { measuredOf, truthOf, verdictOf } from "../../studio/src/pages/ask/truth.js";
import { percent } from "../../studio/src/pages/ask/words.js";
import { StaticHost, Visitor } from "./site.js";

describe("a composed scene", () => {
  const empty = { things: [], digits: [], bars: [] };
  const like = { shape: "circle", colour: "red", size: "large" } as const;

  test("stands in the URL, and comes back as it was", () => {
    const random = new Random(3);
    for (const layout of LAYOUTS)
      for (let i = 0; i < 25; i++) {
        const { things, digits, bars } = drawScene(layout, random);
        expect(readItems(writeItems({ things, digits, bars }), layout)).toEqual({ things, digits, bars });
      }
    expect(readItems("", "crowd")).toEqual(empty);
  });

  test("of a broken or foreign URL has what can be there", () => {
    const { things } = readItems("0.circle.red.large.9.1_9.ring.red.small_0.ring.red.small_1.cat.red.small_x", "crowd");
    expect(things).toEqual([{ ...like, place: 0, offset: [0, 1] }]);
    expect(readItems("4.7.red_4.3.blue_5.3.red_6.10.blue_7..blue", "digits").digits).toEqual([
      { place: 4, digit: 7, colour: "red" },
    ]);
    expect(readItems("red.5_red.3_blue.8_blue.0_green.1", "chart").bars).toEqual([
      { colour: "red", value: 5 },
      { colour: "green", value: 1 },
    ]);
    expect(readItems("0.circle.red.large", "chart")).toEqual(empty);
  });

  test("is changed place by place; a thing that grows moves back into its cell", () => {
    const one = withThing(empty, 4, { shape: "ring", size: "small" }, like);
    expect(one.things).toEqual([{ shape: "ring", colour: "red", size: "small", place: 4, offset: [0, 0] }]);
    const aside = { ...one, things: [{ ...one.things[0], offset: [3, -3] as const }] };
    expect(withThing(aside, 4, { size: "large" }, like).things[0].offset).toEqual([1, -1]);
    expect(described(one, 4)).toBe("small red ring");
    expect(described(withThing(one, 4, null, like), 4)).toBe("empty");
  });

  test("has digits and bars of different colours: two swap theirs", () => {
    const two = withDigit(withDigit(empty, 0, { digit: 3 }), 8, { digit: 5 });
    expect(two.digits.map(({ colour }) => colour)).toEqual(["red", "green"]);
    expect(described(withDigit(two, 8, { colour: "red" }), 0)).toBe("green 3");
    const bars = moreBars(moreBars(empty));
    expect(withBar(bars, 0, { colour: "green" }).bars.map(({ colour }) => colour)).toEqual(["green", "red"]);
    expect(withBar(bars, 1, { value: 7 }).bars[1]).toEqual({ colour: "green", value: 7 });
    expect(withBar(bars, 0, null).bars.length).toBe(1);
  });
});

test("what is right is computed; where there is nothing to compare with, that is said", () => {
  const scene = { ...seededScene("crowd", 1), things: [] };
  const things = [{ shape: "ring", colour: "blue", size: "small", place: 2, offset: [0, 0] }] as const;
  expect(truthOf("Where is the ring?", { ...scene, things })).toEqual({
    ...{ kind: "known", answer: "top right", skill: "position" },
  });
  const kinds = ["where is the ring", "is a ring"].map((question) => truthOf(question, scene));
  expect([...kinds, truthOf("where is the ring", null)].map(({ kind }) => kind)).toEqual(["open", "foreign", "own"]);
  const known = truthOf("where is the ring", { ...scene, things });
  expect(verdictOf(known, "top right")).toEqual({ right: true, text: "Right." });
  expect(verdictOf(known, "centre")).toEqual({ right: false, text: "Wrong: the right answer is “top right”." });
  expect(verdictOf(kinds[0], "centre").right).toBeNull();
  expect(measuredOf(null)).toBeNull();
  expect([0.5, 0.031, 0.998, 0.9999, 1].map(percent)).toEqual(
    ["50 %", "3.1 %", "99.8 %", "100 %", "100 %"].map((text) => text.replace(" ", "\u00a0")),
  );
});

describe("the page", () => {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-studio-ask-"));
  let host: StaticHost;
  let visitor: Visitor;
  let model: VisionLanguageModel;
  beforeAll(async () => {
    await buildStudio(join(folder, "site"), ["seer"]);
    host = await StaticHost.start(join(folder, "site"));
    visitor = await Visitor.open();
    await visitor.arrive(host.url);
    model = await VisionLanguageModel.load("models/seer", { device: "wasm" });
  });
  afterAll(async () => {
    await visitor?.close();
    await host?.stop();
    await model?.release();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => void visitor.problems.splice(0));

  const SOON = { timeout: 30_000 };
  /** A link that is followed on the page as it stands: nothing is loaded anew. */
  const follow = (query: string) => visitor.page.goto(`${host.url}#/ask?${query}`);
  const open = async (query: string) => {
    await visitor.page.goto("about:blank");
    await follow(query);
  };
  const find = (id: string) => visitor.page.getByTestId(id);
  const words = async () => (await find("said").locator("b").allTextContents()).join(" ");
  const node = async (layout: (typeof LAYOUTS)[number], seed: number, question: string) => {
    const [[{ text }]] = await model.answer({
      images: sceneImages([seededScene(layout, seed)]),
      questions: [question],
    });
    return text;
  };
  /** The newest of what was asked, with what was said. */
  const newest = async () =>
    (await find("history").locator("li").first().locator(".text > *").allTextContents()) as [string, string];

  test("a link shows its scene, and the model says in it what it says in Node, right or wrong", async () => {
    const { page } = visitor;
    const scenes = [
      ["crowd", 12, "how many things are there"],
      ["odd", 5, "which thing is the odd one out"],
      ["digits", 8, "what is the digit at the centre"],
      ["chart", 3, "which bar is the tallest"],
      ["crowd", 40, "how many things are not red"],
    ] as const;
    for (const [i, [layout, seed, question]] of scenes.entries()) {
      await (i === 0 ? open : follow)(`draw=${layout}&seed=${seed}&q=${question.replaceAll(" ", "+")}`);
      const said = await node(layout, seed, question);
      await expect.poll(() => find("history").locator("li").count(), SOON).toBe(i + 1);
      expect(await words()).toBe(said);
      const scene = seededScene(layout, seed);
      const { right } = verdictOf(truthOf(question, scene), said);
      expect(await find("verdict").getAttribute("data-right")).toBe(String(right));
      expect(await visitor.pixels("[data-testid=board] canvas")).toEqual([...sceneImages([scene]).toRgba()]);
    }
    expect(await page.getByText("is right in 79 % of twelve skills' questions (19 % without looking)").count()).toBe(1);
    expect((await page.getByText("93.8 %").count()) + (await page.getByText("94 %").count())).toBeGreaterThan(0);
    await visitor.expectGood();
  });

  test("each skill has a question about the scene, or draws a scene that has one; what was asked is kept", async () => {
    const { page } = visitor;
    await open("seed=12");
    await find("ms").waitFor();
    const first = page.url();
    for (const [i, skill] of ["shape", "digit", "chart", "odd", "relation", "arithmetic"].entries()) {
      await find(`skill-${skill}`).click();
      await expect.poll(() => find("history").locator("li").count(), SOON).toBe(i + 2);
      // A relation is asked about the odd one out's scene where that has one, else a crowd is drawn
      const draw = { digit: "digits", chart: "chart", odd: "odd", relation: "(odd|crowd)" }[skill];
      if (draw) await expect.poll(() => page.url(), SOON).toMatch(new RegExp(`draw=${draw}`));
      await expect.poll(() => find("verdict").getAttribute("data-right"), SOON).toMatch(/true|false/);
      await expect.poll(() => find(`skill-${skill}`).textContent(), SOON).toMatch(/[01] of 1 here/);
    }
    expect(await find("tally").textContent()).toMatch(/^\d of 7 right$/);
    await visitor.expectGood();
    const [question, said] = await newest();
    await find("history").locator("a").last().click();
    await expect.poll(() => page.url(), SOON).toContain("seed=12");
    await page.goBack();
    await expect.poll(() => find("question").inputValue(), SOON).toBe(question);
    await expect.poll(words, SOON).toBe(said);
    expect(first).not.toContain("draw=");
  });

  test("a scene is composed, by mouse and by keyboard, and the answer follows; the link brings it back", async () => {
    const { page } = visitor;
    await open("seed=12&made=&q=how+many+things+are+there");
    await page.getByRole("button", { name: "top left: empty" }).waitFor();
    await page.getByText("No answer is right here").waitFor();
    await page.getByRole("button", { name: "centre: empty" }).click();
    await page.getByRole("button", { name: "ring", exact: true }).click();
    await page.getByRole("button", { name: "blue", exact: true }).click();
    await page.getByRole("button", { name: "centre: large blue ring" }).focus();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.locator(":focus").getAttribute("aria-label")).toBe("bottom middle: empty");
    await visitor.tabTo('[data-testid=piece] button[aria-label="cross"]');
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url(), SOON).toContain("made=4.ring.blue.large_7.cross.blue.large");
    await expect.poll(words, SOON).toBe("2");
    await find("question").fill("What shape is the thing at the bottom middle?");
    await page.keyboard.press("Enter");
    await expect.poll(words, SOON).toBe("cross");
    await page.reload();
    await page.getByRole("button", { name: "centre: large blue ring" }).waitFor();
    await expect.poll(words, SOON).toBe("cross");
    await page.getByRole("button", { name: "centre: large blue ring" }).click();
    await page.getByRole("button", { name: "Take away" }).click();
    await page.getByRole("button", { name: "centre: empty" }).waitFor();
    await visitor.expectGood();
  });

  test("digits and bars are composed within what the model has seen", async () => {
    const { page } = visitor;
    await open("draw=chart&seed=3&made=red.5_blue.3&q=which+bar+is+the+tallest");
    await expect.poll(words, SOON).toBe("red");
    await page.getByRole("button", { name: "Bar 2: blue, 3 tall" }).click();
    await page.getByLabel("Height").fill("7");
    await expect.poll(words, SOON).toBe("blue");
    expect(await page.getByRole("button", { name: "Take away" }).isDisabled()).toBe(true);
    for (let i = 0; i < 3; i++) await page.getByRole("button", { name: "Another bar" }).click();
    expect(await page.getByRole("button", { name: "Another bar" }).isDisabled()).toBe(true);
    await visitor.expectGood();
    await follow("draw=digits&seed=3&made=0.1.red_1.2.green_2.3.blue_3.4.yellow_4.5.purple&q=what+is+the+red+digit");
    await page.getByRole("button", { name: "bottom right: empty" }).click();
    await page.getByText("at most five digits").waitFor();
    expect(await page.getByRole("button", { name: "7", exact: true }).isDisabled()).toBe(true);
    await visitor.expectGood();
  });

  test("a word that it does not know is said, and a picture of one's own is shown whole, with what that is worth", async () => {
    const { page } = visitor;
    await open("seed=12");
    await find("ms").waitFor();
    await visitor.tabTo("[data-testid=question]");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("where is the zebra?");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText('does not know the word "zebra"').waitFor();
    await visitor.expectGood();
    await page.getByText("The 73 words that it knows").click();
    await page.getByText("square, squares, tall").waitFor();
    const chosen = { name: "wide.svg", mimeType: "image/svg+xml" };
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="48"><path d="M0 0h96v48H0z" fill="#f00"/></svg>';
    await find("file").setInputFiles({ ...chosen, name: "notes.png", buffer: Buffer.from("no") });
    await page.getByRole("alert").getByText("notes.png could not be read as a picture").waitFor();
    await page.evaluate(async (svg) => {
      const image = Object.assign(new Image(), { src: `data:image/svg+xml,${encodeURIComponent(svg)}` });
      await image.decode();
      const canvas = new OffscreenCanvas(96, 48);
      canvas.getContext("2d")!.drawImage(image, 0, 0);
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([await canvas.convertToBlob()], "wide.png", { type: "image/png" }));
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    }, svg);
    await page.getByText("wide.png, 96 × 48 pixels, as the model sees it").waitFor();
    const pixels = await visitor.pixels("[data-testid=board] canvas");
    const at = (x: number, y: number) => pixels.slice(4 * (48 * y + x), 4 * (48 * y + x) + 4);
    expect([at(24, 5), at(24, 24), at(2, 24), at(24, 42)]).toEqual([
      [0, 0, 0, 255],
      [255, 0, 0, 255],
      [255, 0, 0, 255],
      [0, 0, 0, 255],
    ]);
    await find("question").fill("what colour is the thing");
    await find("ask").click();
    await page.getByText("only you know").waitFor();
    await visitor.expectGood();
    await page.getByRole("button", { name: "Back to the scene" }).click();
    await expect.poll(() => find("verdict").textContent(), SOON).not.toContain("only you know");
  });

  test("a phone in the dark, and without a network: it works, and nothing is wider than the screen", async () => {
    const phone = await Visitor.open({ width: 390, height: 844, dark: true });
    const { page } = phone;
    const own = await StaticHost.start(join(folder, "site"));
    try {
      await page.goto(`${own.url}#/models?model=seer`);
      await page.waitForFunction("self.crossOriginIsolated && navigator.serviceWorker.controller");
      await page.getByRole("link", { name: "Ask it" }).click();
      await page.getByTestId("ms").waitFor();
      await own.stop();
      phone.problems.splice(0);
      await page.reload();
      await page.getByTestId("ms").waitFor();
      await page.getByTestId("skill-chart").click();
      await expect.poll(() => page.getByTestId("verdict").textContent(), SOON).toMatch(/It says: \w+\./);
      await page.waitForFunction(() => {
        const { top, bottom } = document.querySelector("[data-testid=answer]")!.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
      phone.problems.splice(0); // what cannot be fetched without a network
      await phone.expectGood();
    } finally {
      await phone.close();
    }
  });

  test("where there is no model that answers, the page says what to do", async () => {
    const { page } = visitor;
    writeFileSync(join(folder, "site/models/index.json"), "[]");
    await open("seed=1");
    await page.getByText("There is no model here that answers questions.").waitFor();
    await visitor.expectGood();
  });
});

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildStudio } from "../../scripts/build-studio.js";
import { scenes } from "../../src/data/scenes/index.js";
import { type AnswerDiagnosis, diagnoseAnswers, type Improvement } from "../../src/loops/diagnostic/index.js";
import { VisionLanguageModel } from "../../src/methods/vision-language/model.js";
import { readReport } from "../../studio/src/pages/diagnose/report.js";
import { madeModel } from "../methods/vision-language/made.js";
import { ended, main, type Studio, startStudio } from "../server/runs/serving.js";
import { StaticHost, Visitor } from "./site.js";

const interval = (value: number) => [value - 0.05, value + 0.05] as [number, number];
const scored = (value: number) => ({ value, interval: interval(value) });
const change = (value: number) => ({ value, interval: interval(value) });
const compared = (count: number, colour: number) => ({
  ...{ targets: change(count - 0.1), others: change(colour - 0.9), frechet: null },
  groups: [
    { name: "count", before: scored(0.1), after: scored(count) },
    { name: "colour", before: scored(0.9), after: scored(colour) },
  ],
});
const improvement: Improvement = {
  format: 1,
  plan: {
    ...{ run: "runs/planted", data: "scenes", judge: null, rounds: 2, seed: 0, perClass: 20 },
    ...{ settings: {}, control: true },
  },
  rounds: [
    {
      ...{ round: 1, from: "runs/planted", targets: ["count"], steps: 30, seconds: 12 },
      groups: [
        { name: "count", times: 1.8, kinds: null, score: 0.12 },
        { name: "colour", times: 0.2, kinds: null, score: 0.88 },
      ],
      reinforced: {
        questions: { drawn: 64, kept: 21, tooHard: 40, tooEasy: 3 },
        ...{ steps: 10, rollouts: 900, tokens: 1800, groups: 40, alike: 5, ended: null },
      },
      ...{ comparison: compared(0.5, 0.91), control: { ...compared(0.15, 0.92), steps: 30 } },
      ...{ kept: true, why: "mean score of what was worst +0.400; others no worse" },
    },
    {
      ...{ round: 2, from: "out/round-1/training", targets: ["count"], steps: 30, seconds: 11 },
      groups: [{ name: "count", times: 1, kinds: null, score: 0.5 }],
      ...{ comparison: compared(0.5, 0.7), control: null },
      ...{ kept: false, why: "the others became worse" },
    },
  ],
  ...{ best: "out/round-1/training", final: compared(0.48, 0.9), ended: "all 2 rounds are done" },
};
const file = (path: string, json: unknown) => ({ path, text: JSON.stringify(json) });

let diagnosis: AnswerDiagnosis;
beforeAll(async () => {
  await using model = new VisionLanguageModel(madeModel(), { device: "cpu", threads: 1 });
  diagnosis = await diagnoseAnswers(model, scenes(), { perSkill: 8, skills: ["count", "colour"] });
});

describe("a report", () => {
  test("of a diagnosis has a line for each skill, with its causes and what is right without looking", () => {
    const report = readReport([file("seer.json", diagnosis)]);
    if (report.kind !== "diagnosis") throw new Error("another kind");
    const [worst] = diagnosis.skills;
    expect(report.name).toBe("seer.json");
    expect(report.found.lines[0]).toMatchObject({
      ...{ name: worst.skill, floor: worst.floor },
      marks: [{ label: "right", value: worst.accuracy, interval: worst.interval }],
    });
    expect(report.found.lines[0].note).toContain(`${worst.right} of 8`);
    expect(report.found.wrong.length).toBe(diagnosis.failures.length);
    const spent = { calls: 12, items: 10, answered: 9, failed: { timeout: 2 }, lost: 1, tokens: { in: 5000, out: 40 } };
    const asked = readReport([file("d/diagnosis.json", { kind: "scenes", found: diagnosis, spent })]);
    expect(asked.kind === "diagnosis" && asked.found.notes.at(-1)).toBe(
      "12 calls for 10 questions: 9 answered, 2 calls failed, 1 lost; 5,000 tokens in, 40 tokens out.",
    );
  });

  test("of an improvement has its rounds, the end, and the diagnosis that stands in a round's folder", () => {
    const report = readReport([
      file("better/round-1/diagnosis.json", diagnosis),
      file("better/improve.json", improvement),
      file("better/round-1/training/config.json", { settings: {} }),
    ]);
    if (report.kind !== "improvement") throw new Error("another kind");
    expect(report.name).toBe("better");
    expect(report.rounds.map(({ name, kept }) => [name, kept])).toEqual([
      ["Round 1", true],
      ["Round 2", false],
      ["Beginning and result", null],
    ]);
    const [first, second] = report.rounds;
    expect(first.lines[0].marks.map(({ label, value }) => [label, value])).toEqual([
      ["before", 0.1],
      ["after", 0.5],
      ["control", 0.15],
    ]);
    expect(first.costs).toContain("by reward: 21 of 64 questions kept, 900 answers of 1,800 tokens");
    expect([first.found?.lines.length, second.found]).toEqual([2, null]);
  });

  test("that is none, or not whole, is refused in a sentence", () => {
    expect(() => readReport([])).toThrow("No JSON file is among these");
    expect(() => readReport([file("config.json", { method: "flow" })])).toThrow(
      "config.json is neither a diagnosis nor an",
    );
    expect(() => readReport([{ path: "x/improve.json", text: "{" }])).toThrow("x/improve.json is no JSON");
    const [first, second] = diagnosis.skills;
    for (const [skills, why] of [
      [[first, { ...second, accuracy: null }], "has null where a share from 0 to 1 is"],
      [[first, { ...second, accuracy: 7 }], "has 7 where"],
      [[first, { ...second, n: undefined }], `of "${second.skill}" something is missing`],
      [[first, first], "twice"],
      [[first, { ...second, skill: {} }], "no name"],
      [[first, null], "something that a report has is missing."],
    ] as const)
      expect(() => readReport([file("mine.json", { ...diagnosis, skills })])).toThrow(why);
    const { comparison: _, ...broken } = improvement.rounds[0];
    const groups = [{ ...improvement.rounds[0].groups[0], times: "1" }];
    expect(() =>
      readReport([file("improve.json", { ...improvement, rounds: [{ ...improvement.rounds[0], groups }] })]),
    ).toThrow("in round 1 a number is missing");
    expect(() => readReport([file("improve.json", { ...improvement, rounds: [broken] })])).toThrow("is not whole");
  });
});

describe("the page", () => {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-studio-diagnose-"));
  const better = join(folder, "runs/better");
  let host: StaticHost;
  let visitor: Visitor;
  let studio: Studio;
  beforeAll(async () => {
    mkdirSync(join(better, "round-1"), { recursive: true });
    writeFileSync(join(better, "improve.json"), JSON.stringify(improvement));
    writeFileSync(join(better, "round-1/diagnosis.json"), JSON.stringify(diagnosis));
    writeFileSync(join(folder, "mine.json"), JSON.stringify(diagnosis));
    writeFileSync(join(folder, "other.json"), "{}");
    mkdirSync(join(folder, "runs/linked"));
    symlinkSync(join(folder, "mine.json"), join(folder, "runs/linked/diagnosis.json")); // leads out of its folder
    await buildStudio(join(folder, "site"), []);
    host = await StaticHost.start(join(folder, "site"));
    visitor = await Visitor.open();
    await visitor.arrive(`${host.url}#/diagnose`);
  });
  afterAll(async () => {
    await visitor?.close();
    await host?.stop();
    if (studio) await ended(studio.process, "SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => void visitor.problems.splice(0));
  const bars = (label: string) => visitor.page.getByRole("list", { name: label }).getByRole("listitem");

  test("shows a diagnosis that is chosen: bars, causes, and wrong answers with their pictures", async () => {
    const { page } = visitor;
    await page.getByText("Open a report").waitFor();
    await visitor.expectGood();
    await page.getByTestId("files").setInputFiles(join(folder, "mine.json"));
    await bars("Found, worst first").first().waitFor();
    expect(await bars("Found, worst first").count()).toBe(2);
    const gallery = page.getByTestId("gallery").getByRole("listitem");
    expect(await gallery.count()).toBe(diagnosis.failures.length);
    await visitor.drawn("[data-testid=gallery] canvas");
    const { answer } = diagnosis.failures.find(({ skill }) => skill === diagnosis.skills[0].skill)!;
    expect(await gallery.first().textContent()).toContain(`instead of ${answer}`);
    await visitor.expectGood();
  });

  test("says what a file lacks, and keeps what was shown", async () => {
    const { page } = visitor;
    await page.getByTestId("files").setInputFiles(join(folder, "other.json"));
    await page.getByRole("alert").getByText("Take what fewstep diagnose --json prints").waitFor();
    expect(await bars("Found, worst first").count()).toBe(2);
  });

  test("shows an improvement by its folder: each round, kept or not and why, its mixture and its diagnosis", async () => {
    const { page } = visitor;
    await page.getByTestId("folder").setInputFiles(better);
    await page.getByText("better: 1 of 2 rounds kept").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    const verdict = page.getByTestId("verdict");
    expect(await verdict.textContent()).toMatch(
      /Kept.*\+0.400.*30 training steps · 12 s in all · by reward: 21 of 64/s,
    );
    expect(await bars("Before and after").first().getAttribute("aria-label")).toMatch(
      /^count: before 10 % \(5\.0 % to 15 %\), after 50 % .*, control 15 %/,
    );
    expect(await page.getByTestId("shares").getByRole("listitem").first().textContent()).toContain("1.80 ×");
    expect(await bars("Found, worst first").count()).toBe(2);
    await visitor.expectGood();
    await page.getByText("Round 2", { exact: true }).click();
    await verdict.getByText("the others became worse").waitFor();
    expect(await verdict.getAttribute("data-kept")).toBe("false");
    await page.getByText("Beginning and result", { exact: true }).click();
    await page.getByText("On what no round has seen").waitFor();
    await visitor.expectGood();
  });

  test("on the studio's server it lists what the runs' folder holds, a link shows it, and nothing outside is read", async () => {
    studio = await startStudio(folder, join(folder, "runs"));
    const { page } = visitor;
    await page.goto(`${studio.address}/#/diagnose`);
    await page.getByLabel("Report of this machine").selectOption("better");
    await page.getByText("better: 1 of 2 rounds kept").waitFor();
    expect(new URL(page.url()).hash).toBe("#/diagnose?report=better");
    expect(await page.getByLabel("Report of this machine").locator("option").allTextContents()).not.toContain("linked");
    await visitor.expectGood();
    const asked = (path: string) =>
      fetch(`${studio.address}/api/diagnoses${path}`, { headers: { "x-fewstep-token": studio.token } });
    for (const name of ["/linked", "/nowhere", "/..%2F"]) expect((await asked(name)).status).toBe(404);
    expect((await fetch(`${studio.address}/api/diagnoses`)).status).toBe(401);
  });

  test("on the studio's server a run is improved: named, begun, seen while it lasts, and its report comes by itself", async () => {
    const [runs, steps] = [join(folder, "runs"), ["training.steps=3", "training.pictures=4", "training.questions=4"]];
    const args = ["train", "vision-language", "--data", "scenes", "--preset", "tiny", "--out", join(runs, "small")];
    await promisify(execFile)(process.execPath, [main, ...args, "--threads", "1", "--set", ...steps]);
    const { page } = visitor;
    await page.goto(`${studio.address}/#/diagnose`);
    await page.getByText("Improve a run of this machine").click();
    const form = page.getByTestId("improve");
    await form.getByLabel("Run", { exact: true }).selectOption("small");
    expect(await form.getByLabel("Name of the result").inputValue()).toBe("small-better");
    await form.getByLabel("Rounds").fill("1");
    await form.getByLabel("Training steps of each").fill("2");
    await form.getByLabel("Samples or questions of each").fill("20");
    await visitor.expectGood();
    // A name that is taken is said in a sentence, and nothing is begun
    await form.getByLabel("Name of the result").fill("better");
    await form.getByRole("button").click();
    await form.getByText('There is a run "better" already').waitFor();
    visitor.problems.splice(0); // the browser reports the refusal, too
    await form.getByLabel("Name of the result").fill("small-better");
    await form.getByRole("button").click();
    await page.getByTestId("said").waitFor();
    expect(new URL(page.url()).hash).toBe("#/diagnose?report=small-better");
    await page.getByText(/small-better: [01] of 1 round kept/).waitFor({ timeout: 110_000 });
    await expect.poll(() => page.getByTestId("underway").count(), { timeout: 30_000 }).toBe(0);
    expect(await page.getByTestId("verdict").textContent()).toContain("2 training steps");
    await visitor.expectGood();
    const { plan } = JSON.parse(readFileSync(join(runs, "small-better/improve.json"), "utf8"));
    expect(plan).toMatchObject({ rounds: 1, perClass: 20, control: true, settings: { training: { steps: 2 } } });
    // What the command line refuses is refused here, before anything waits
    const headers = { "x-fewstep-token": studio.token, "content-type": "application/json" };
    const asked = (body: object) =>
      fetch(`${studio.address}/api/improvements`, { method: "POST", headers, body: JSON.stringify(body) });
    for (const [body, message] of [
      [{ name: "x", run: "small", features: "classifier" }, "leave out --features"],
      [{ name: "x", run: "small-better" }, "is an improvement, no run"],
      [{ name: "x", run: "nowhere" }, 'There is no run "nowhere"'],
    ] as const)
      expect((await (await asked(body)).json()).error.message).toContain(message);
    // It stands among the runs as what it is, and is no run to begin with
    await page.goto(`${studio.address}/#/runs`);
    await page.getByText("improve on small").first().waitFor();
    await page.goto(`${studio.address}/#/diagnose`);
    await page.getByText("Improve a run of this machine").click();
    const offered = form.getByLabel("Run", { exact: true }).locator("option");
    await expect.poll(() => offered.allTextContents(), { timeout: 30_000 }).toEqual(["small (vision-language)"]);
  });
});

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Ledger, readLedger } from "../../../../src/loops/diagnostic/endpoint/ledger.js";
import { backoff, retryAfter } from "../../../../src/loops/diagnostic/endpoint/wait.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-ledger-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const lines = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n");

test("a call is in the file before it is made, and its end before it counts; sums are those of the lines", async () => {
  const path = join(root, "a.jsonl");
  await using ledger = await Ledger.open(path);
  const first = await ledger.reserve("x");
  expect(lines(path).map((line) => JSON.parse(line).kind)).toEqual(["reserved"]);
  const failed = { kind: "failed", item: "x", failure: "status", why: "500", seconds: 1 } as const;
  await ledger.settle({ ...failed, call: first, tokens: null });
  const [second, other] = await Promise.all([ledger.reserve("x"), ledger.reserve("y")]);
  const answered = { kind: "answered", said: "7", seconds: 1 } as const;
  await ledger.settle({ ...answered, call: second, item: "x", tokens: { in: 10, out: 2 } });
  await ledger.settle({ ...failed, call: other, item: "y", tokens: { in: 5, out: 0 } });
  const sums = {
    ...{ items: 2, answered: 1, unanswered: 1, calls: 3, failed: { status: 2 }, lost: 0 },
    ...{ tokens: { in: 15, out: 2 }, uncounted: 1 },
  };
  expect(ledger.spent()).toEqual(sums);
  expect(await readLedger(path)).toEqual(sums);
  expect([ledger.answer("x"), ledger.answer("y")]).toEqual(["7", undefined]);
  await expect(ledger.reserve("x")).rejects.toThrow("is asked again");
  expect(() => ledger.settle({ ...answered, call: second, item: "x", tokens: null })).toThrow("not under way");
});

test("what a process left half written is cut off, and its calls under way are lost, once", async () => {
  const path = join(root, "b.jsonl");
  {
    await using ledger = await Ledger.open(path);
    await ledger.reserve("x");
    await ledger.reserve("y");
  }
  appendFileSync(path, '{"kind":"answered","call":1,"item":"x","sa');
  for (let again = 0; again < 2; again++) {
    await using ledger = await Ledger.open(path);
    expect(ledger.spent()).toMatchObject({ items: 2, answered: 0, calls: 2, lost: 2 });
  }
  expect(lines(path)).toHaveLength(4);
  await using ledger = await Ledger.open(path);
  expect(await ledger.reserve("x")).toBe(3);
});

test.each([
  ["no JSON", "nonsense\n", "line 1: it is no line of a ledger"],
  ["another object", '{"kind":"spent"}\n', "line 1: it is no line of a ledger"],
  ["a call that was not made", '{"kind":"lost","call":1,"item":"x"}\n', "line 1: call 1 is settled, but not under way"],
  [
    "a gap",
    '{"kind":"reserved","call":1,"item":"x","at":""}\n{"kind":"reserved","call":3,"item":"y","at":""}\n',
    "line 2: call 3 follows call 1",
  ],
])("a damaged ledger is refused with its line: %s", async (_, text, message) => {
  const path = join(root, "damaged.jsonl");
  writeFileSync(path, text);
  await expect(Ledger.open(path)).rejects.toThrow(`${path} is damaged in ${message}. Begin anew in another folder.`);
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("waits double up to a bound, lie between half and all of it, and belong to seed, item and attempt", () => {
  const times = { first: 100, most: 1000 };
  for (const [attempt, full] of [
    [2, 100],
    [3, 200],
    [4, 400],
    [6, 1000],
    [60, 1000],
  ]) {
    const waits = Array.from({ length: 50 }, (_, i) => backoff(times, { seed: 1, item: `item ${i}`, attempt }));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(full / 2);
    expect(Math.max(...waits)).toBeLessThanOrEqual(full);
    expect(new Set(waits).size).toBeGreaterThan(45);
    expect(waits[3]).toBe(backoff(times, { seed: 1, item: "item 3", attempt }));
    expect(waits[3]).not.toBe(backoff(times, { seed: 2, item: "item 3", attempt }));
  }
});

test.each([
  ["0", 0],
  [" 12 ", 12_000],
  ["1.5", 1500],
  ["Wed, 21 Oct 2026 07:28:30 GMT", 30_000],
  ["Wed, 21 Oct 2026 07:27:00 GMT", 0],
  ["-5", null],
  ["soon", null],
  ["", null],
  [undefined, null],
])("Retry-After %j is %j milliseconds", (header, wait) => {
  expect(retryAfter(header, Date.parse("2026-10-21T07:28:00Z"))).toBe(wait);
});

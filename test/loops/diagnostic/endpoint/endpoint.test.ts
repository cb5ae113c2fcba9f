import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { scenes } from "../../../../src/data/scenes/index.js";
import { diagnoseAnswers } from "../../../../src/loops/diagnostic/answers.js";
import {
  diagnoseEndpoint,
  type EndpointContext,
  type EndpointPlan,
} from "../../../../src/loops/diagnostic/endpoint/index.js";
import { readLedger } from "../../../../src/loops/diagnostic/endpoint/ledger.js";
import { oracle } from "../../../judges/answers/oracle.js";
import { type Behaviour, chanceOf, type FakeEndpoint, fakeEndpoint, probeScenes, TOKENS } from "./server.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-endpoint-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const servers: FakeEndpoint[] = [];
afterEach(async () => {
  for (const one of servers.splice(0)) await one.close();
});
const SKILLS = ["colour", "count", "comparison"] as const;
const N = 10;

const all = probeScenes(SKILLS, N);

const serve = async (options: Parameters<typeof fakeEndpoint>[0] = {}) => {
  const one = await fakeEndpoint({ known: all, ...options });
  servers.push(one);
  return one;
};
const plan = (url: string, more: Partial<EndpointPlan> = {}): EndpointPlan => ({
  ...{
    format: 1,
    address: url,
    model: "oracle",
    questions: null,
    skills: [...SKILLS],
    count: N,
    seed: 0,
    temperature: 0,
    maxTokens: 64,
  },
  ...more,
});
let folder = 0;
const fresh = () => join(root, `run-${folder++}`);
const quick = (out: string, more: Partial<EndpointContext> = {}): EndpointContext => ({
  ...{ out, concurrency: 4, attempts: 6, limits: { connect: 5, idle: 5, total: 10 }, backoff: { first: 4, most: 20 } },
  ...more,
});
/** Says "no" for "yes", and one more than a count. */
const spoil = (right: string) => (right === "yes" ? "no" : /^\d$/.test(right) ? String(Number(right) + 1) : right);

test("a model behind an endpoint is diagnosed as one in this process is", async () => {
  const server = await serve({ says: (right) => `The answer is **${spoil(right)}**.` });
  const told = await diagnoseEndpoint(plan(server.url), quick(fresh()));
  const local = await diagnoseAnswers(oracle(all, spoil), scenes(), { skills: SKILLS, perSkill: N });
  expect(told!.found).toEqual(local);
  const { spent } = told!;
  expect(spent).toMatchObject({ unanswered: 0, failed: {}, lost: 0, uncounted: 0 });
  expect(spent.calls).toBe(server.seen.length);
  expect(spent.items).toBe(new Set(server.seen.map(({ item }) => item)).size);
  expect(spent.tokens).toEqual({ in: TOKENS.in * server.seen.length, out: TOKENS.out * server.seen.length });
});

const FAULTS: Behaviour[] = [
  ...[500, 502, 503, 429].map((status): Behaviour => ({ kind: "status", status })),
  ...(["junk", "html", "truncated", "reset", "no choices"] as const).map((kind): Behaviour => ({ kind })),
];
/** Of 100 requests, so many go wrong; never the sixth. */
const unreliable =
  (share: number) =>
  (item: string, attempt: number): Behaviour => {
    const chance = chanceOf(item, attempt);
    return attempt < 5 && chance < share ? FAULTS[Math.floor((chance / share) * FAULTS.length)] : { kind: "answer" };
  };

test("where many calls fail, nothing is lost, nothing is counted twice, and no failure is a wrong answer", async () => {
  const server = await serve({ says: spoil, behave: unreliable(0.4) });
  const told = await diagnoseEndpoint(plan(server.url), quick(fresh()));
  expect(told!.found).toEqual(await diagnoseAnswers(oracle(all, spoil), scenes(), { skills: SKILLS, perSkill: N }));
  const { spent } = told!;
  const wrong = server.seen.filter(({ behaviour }) => behaviour !== "answer");
  expect(wrong.length).toBeGreaterThan(0.2 * server.seen.length);
  expect(spent.calls).toBe(server.seen.length);
  const failed = Object.values(spent.failed).reduce((a, b) => a + b);
  expect(failed).toBe(wrong.length);
  expect(Object.keys(spent.failed)).toEqual(
    expect.arrayContaining(["connection", "content type", "json", "no answer", "status", "truncated"]),
  );
  // Each item has one whole answer; an answer without choices has cost tokens too
  const delivered = server.seen.filter(({ delivered }) => delivered);
  expect(new Set(delivered.map(({ item }) => item)).size).toBe(delivered.length);
  expect(delivered.length).toBe(spent.answered);
  const paid = server.seen.filter(({ behaviour }) => behaviour === "answer" || behaviour === "no choices").length;
  expect(spent.tokens).toEqual({ in: TOKENS.in * paid, out: TOKENS.out * paid });
  expect(spent.uncounted).toBe(server.seen.length - paid);
});

test("questions without an answer are left out: the diagnosis is that of the others; tries are bounded", async () => {
  const dead = (item: string) => chanceOf(item, 0, 2) < 0.25;
  const server = await serve({
    behave: (item) => (dead(item) ? { kind: "status", status: 500 } : { kind: "answer" }),
  });
  const told = await diagnoseEndpoint(plan(server.url), quick(fresh(), { attempts: 3 }));
  const { found, spent } = told!;
  const tries = new Map<string, number>();
  for (const { item } of server.seen) tries.set(item, (tries.get(item) ?? 0) + 1);
  expect([...tries].every(([item, times]) => times === (dead(item) ? 3 : 1))).toBe(true);
  const lost = [...tries.keys()].filter(dead).length;
  expect(lost).toBeGreaterThan(4);
  expect(spent).toMatchObject({ unanswered: lost, failed: { status: 3 * lost } });
  expect(Object.values(found.unanswered).reduce((a, b) => a! + b!)).toBe(lost);
  for (const { skill, n, right } of found.skills) {
    expect(n).toBe(N - ((found.unanswered as Record<string, number>)[skill] ?? 0));
    expect(right).toBe(n);
  }
});

test("a part without an answer leaves the cause of a wrong answer open", async () => {
  const server = await serve({
    says: (right, text) => (text.startsWith("Are there more") ? (right === "yes" ? "no" : "yes") : right),
    behave: (_, __, text) => (text.startsWith("How many") ? { kind: "filtered" } : { kind: "answer" }),
  });
  const told = await diagnoseEndpoint(plan(server.url), quick(fresh()));
  const { skills, failures } = told!.found;
  const comparison = skills.find(({ skill }) => skill === "comparison")!;
  const known = Object.values(comparison.causes).reduce((a, b) => a + b);
  expect(known).toBeLessThan(comparison.n - comparison.right);
  expect(failures.filter(({ cause }) => cause === null).length).toBeGreaterThan(0);
  expect(told!.spent.failed.filtered).toBe(told!.spent.unanswered); // asked once each
});

test.each([
  ["seconds", () => "1"],
  ["a date", () => new Date(Date.now() + 2000).toUTCString()],
])("a Retry-After in %s holds for all calls", async (_, after) => {
  let asked = 0;
  const server = await serve({
    behave: (_, attempt) =>
      attempt === 0 && asked++ === 5 ? { kind: "status", status: 429, after: after() } : { kind: "answer" },
  });
  const told = await diagnoseEndpoint(plan(server.url), quick(fresh(), { concurrency: 2 }));
  expect(told!.spent.failed).toEqual({ status: 1 });
  // The other call may have been on its way; without the wait all that is left would come early
  expect(server.seen.filter(({ early }) => early).length).toBeLessThanOrEqual(1);
  expect(server.seen.length).toBeGreaterThan(20);
});

test("calls that hang or drip end when their time is over, and are made again", async () => {
  const server = await serve({
    behave: (item, attempt) => {
      const chance = chanceOf(item, 0);
      return attempt > 0 || chance > 0.4 ? { kind: "answer" } : { kind: chance < 0.2 ? "hang" : "drip" };
    },
  });
  const limits = { connect: 5, idle: 5, total: 0.4 };
  const told = await diagnoseEndpoint(plan(server.url), quick(fresh(), { limits, concurrency: 8 }));
  const bad = server.seen.filter(({ behaviour }) => behaviour !== "answer");
  expect(new Set(bad.map(({ behaviour }) => behaviour))).toEqual(new Set(["hang", "drip"]));
  expect(told!.spent.failed.timeout).toBeGreaterThanOrEqual(bad.length); // a slow machine may have more
  expect(told!.found.unanswered).toEqual({});
});

test("an answer that begins and then stands still is not waited for as long as one that may take its time", async () => {
  let stalled = 0;
  const server = await serve({
    behave: (_, attempt) => ({ kind: attempt === 0 && stalled++ < 2 ? "stall" : "answer" }),
  });
  const out = fresh();
  const told = await diagnoseEndpoint(plan(server.url), quick(out, { limits: { connect: 5, idle: 0.5, total: 600 } }));
  expect(told!.spent.failed.timeout).toBeGreaterThanOrEqual(2);
  expect(readFileSync(join(out, "ledger.jsonl"), "utf8")).toContain("nothing more of the answer came within 0.5 s");
  expect(told!.found.unanswered).toEqual({});
});

test("an endpoint that refuses the token, or answers nothing, is asked no more; the token stands nowhere", async () => {
  const token = "sk-very-secret-token";
  const refusing = await serve({ behave: () => ({ kind: "status", status: 401, message: "bad token" }) });
  const out = fresh();
  await expect(diagnoseEndpoint(plan(refusing.url), quick(out, { token, concurrency: 1 }))).rejects.toThrow(
    /the server answered 401: bad token \(the token that it takes belongs into FEWSTEP_API_KEY\)\. Nothing more was asked/,
  );
  expect(refusing.seen.map(({ authorization }) => authorization)).toEqual([`Bearer ${token}`]);
  for (const name of readdirSync(out)) expect(readFileSync(join(out, name), "utf8")).not.toContain("secret");
  expect(existsSync(join(out, "diagnosis.json"))).toBe(false);

  const dead = await serve({ behave: () => ({ kind: "status", status: 400, message: "no pictures" }) });
  await expect(diagnoseEndpoint(plan(dead.url), quick(fresh(), { concurrency: 1 }))).rejects.toThrow(
    /no answer to 20 questions in succession, at last because the server answered 400: no pictures/,
  );
  expect(dead.seen).toHaveLength(20);

  const moved = await serve({ behave: () => ({ kind: "status", status: 307 }) });
  await expect(diagnoseEndpoint(plan(moved.url), quick(fresh()))).rejects.toThrow("a redirection");
});

test("a stopped diagnosis goes on: what was answered is not asked again, and the result is that of an undisturbed one", async () => {
  const out = fresh();
  const controller = new AbortController();
  const server = await serve({
    says: spoil,
    behave: unreliable(0.3),
    onRequest: (seen) => seen.length === 15 && controller.abort(),
  });
  expect(await diagnoseEndpoint(plan(server.url), quick(out, { signal: controller.signal }))).toBe(null);
  const between = await readLedger(join(out, "ledger.jsonl"));
  expect(between.lost).toBe(0); // calls under way were waited for
  expect(between.calls).toBe(server.seen.length);
  const told = await diagnoseEndpoint(plan(server.url), quick(out, { resume: true }));
  expect(told!.found).toEqual(await diagnoseAnswers(oracle(all, spoil), scenes(), { skills: SKILLS, perSkill: N }));
  const delivered = server.seen.filter(({ delivered }) => delivered).map(({ item }) => item);
  expect(new Set(delivered).size).toBe(delivered.length);
  expect(told!.spent.calls).toBe(server.seen.length);
  // Once more: everything is known
  const calls = server.seen.length;
  const again = await diagnoseEndpoint(plan(server.url), quick(out, { resume: true }));
  expect(again).toEqual(told);
  expect(server.seen.length).toBe(calls);
});

test("a failed call is not made again before its wait is over, and a stop does not wait for that", async () => {
  const controller = new AbortController();
  const server = await serve({
    behave: () => ({ kind: "status", status: 500 }),
    onRequest: (seen) => seen.length === 2 && setTimeout(() => controller.abort(), 500),
  });
  const hour = { first: 3_600_000, most: 3_600_000 };
  const { signal } = controller;
  expect(await diagnoseEndpoint(plan(server.url), quick(fresh(), { signal, backoff: hour, concurrency: 2 }))).toBe(
    null,
  );
  expect(server.seen).toHaveLength(2);
});

test("nothing leaves the machine without leave, and what would is said", async () => {
  const out = fresh();
  await expect(
    diagnoseEndpoint(plan("https://models.example.org/v1"), quick(out, { token: "secret" })),
  ).rejects.toThrow(
    "https://models.example.org/v1 is not this machine. Questions about made pictures (10 questions of 3 skills each), with the " +
      "token in FEWSTEP_API_KEY, would be sent there; add --allow-remote",
  );
  expect(existsSync(out)).toBe(false);
});

test("a folder with a diagnosis is not begun again, and skills stay those that were asked for", async () => {
  const server = await serve();
  const out = fresh();
  await diagnoseEndpoint(plan(server.url), quick(out));
  await expect(diagnoseEndpoint(plan(server.url), quick(out))).rejects.toThrow("already holds a diagnosis");
  expect(SKILLS.every((skill) => readFileSync(join(out, "report.html"), "utf8").includes(`<td>${skill}</td>`))).toBe(
    true,
  );
});

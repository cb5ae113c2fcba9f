import { afterEach, expect, test } from "vitest";
import type { Pool } from "../../src/server/pool.js";
import type { Drawn, Job, TextBatch } from "../../src/server/protocol.js";
import { Scheduler } from "../../src/server/scheduler.js";

/** A pool whose jobs end when they are told to: what the queue gives it, and in which order, is what is tested. */
class Held {
  idle = 1;
  /** Whether the thread that holds live sessions has other work. */
  holderBusy = false;
  free = (job: Job) => this.idle > 0 && !(job.type === "block" && this.holderBusy);
  readonly jobs: { job: Job; signal: AbortSignal; done(): void; fail(error: Error): void }[] = [];

  run(job: Job, signal: AbortSignal): Promise<readonly Drawn[]> {
    this.idle--;
    return new Promise<readonly Drawn[]>((resolve, reject) => {
      const done = () =>
        resolve(
          job.type === "draw"
            ? job.requests.map(({ options }) => ({
                kind: "text",
                strings: [String(options!.seed)],
                lines: true,
                tokens: null,
              }))
            : [],
        );
      this.jobs.push({ job, signal, done, fail: reject });
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    }).finally(() => {
      this.idle++;
    });
  }
}

const limits = { maxBatch: 4, batchWindow: 0, maxQueue: 5, maxSeconds: 100 };
const make = (more: Partial<typeof limits> = {}) => {
  const pool = new Held();
  const scheduler = new Scheduler(pool as unknown as Pool, { ...limits, ...more });
  const draw = (seed: number, { sharing = "a", count = 1, signal = new AbortController().signal } = {}) =>
    scheduler.draw({ folder: "f", version: "v" }, [{ options: { seed, count } }], { sharing, count, signal });
  return { pool, scheduler, draw };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));
const seeds = ({ job }: { job: Job }) => (job.type === "draw" ? job.requests.map(({ options }) => options!.seed) : []);
const pending: Promise<unknown>[] = [];
const kept = <T>(promise: Promise<T>): Promise<T> => {
  pending.push(promise.catch(() => {}));
  return promise;
};
afterEach(() => void pending.splice(0));

test("what waits together is drawn together, at most so many samples, and what cannot share waits its turn", async () => {
  const { pool, draw } = make();
  const answers = [0, 1, 2].map((seed) => kept(draw(seed)));
  const other = kept(draw(3, { sharing: "b" }));
  const more = [kept(draw(4, { count: 2 })), kept(draw(5))];
  expect(pool.jobs.map(seeds)).toEqual([[0]]);
  pool.jobs[0].done();
  await turn();
  expect(seeds(pool.jobs[1])).toEqual([1, 2, 4]);
  pool.jobs[1].done();
  await turn();
  expect(seeds(pool.jobs[2])).toEqual([3]);
  pool.jobs[2].done();
  await turn();
  pool.jobs[3].done();
  const found = await Promise.all([...answers, other, ...more]);
  expect(found.map(([one]) => (one as TextBatch).strings[0])).toEqual(["0", "1", "2", "3", "4", "5"]);
});

test("a full queue refuses, and who goes away frees the place", async () => {
  const { pool, scheduler, draw } = make();
  const controllers = Array.from({ length: 6 }, () => new AbortController());
  const answers = controllers.map(({ signal }, seed) => kept(draw(seed, { signal, sharing: `${seed}` })));
  expect(scheduler.queued).toBe(5);
  const error = await draw(9).catch((refused) => refused);
  expect(error).toMatchObject({ statusCode: 429, headers: { "retry-after": "1" } });
  controllers[3].abort(new Error("gone"));
  await expect(answers[3]).rejects.toThrow("gone");
  expect(scheduler.queued).toBe(4);
  kept(draw(9));
  pool.jobs[0].done();
  await turn();
  expect(pool.jobs.map(seeds)).toEqual([[0], [1]]);
});

test("a batch goes on while one of its clients is there, and ends with the last", async () => {
  const { pool, draw } = make();
  kept(draw(0));
  const controllers = [new AbortController(), new AbortController()];
  const [one, two] = controllers.map(({ signal }, i) => kept(draw(i + 1, { signal })));
  pool.jobs[0].done();
  await turn();
  expect(seeds(pool.jobs[1])).toEqual([1, 2]);
  controllers[0].abort(new Error("gone"));
  await expect(one).rejects.toThrow("gone");
  expect(pool.jobs[1].signal.aborted).toBe(false);
  controllers[1].abort(new Error("gone too"));
  await expect(two).rejects.toThrow("gone too");
  expect(pool.jobs[1].signal.aborted).toBe(true);
  await turn();
  expect(pool.idle).toBe(1);
});

test("the fault of one in a batch is not the others'", async () => {
  const { pool, draw } = make();
  kept(draw(0));
  const [good, bad] = [kept(draw(1)), kept(draw(2))];
  pool.jobs[0].done();
  await turn();
  pool.jobs[1].fail(new Error("one of these is wrong"));
  await turn();
  expect(seeds(pool.jobs[2])).toEqual([1]);
  pool.jobs[2].done();
  await turn();
  pool.jobs[3].fail(new Error("seed 2 is wrong"));
  expect((await good)[0]).toMatchObject({ strings: ["1"] });
  await expect(bad).rejects.toThrow("seed 2 is wrong");
});

test("a request whose time is over is told so, and frees its worker", async () => {
  const { pool, draw } = make({ maxSeconds: 0.02 });
  await expect(draw(0)).rejects.toMatchObject({ statusCode: 503, message: expect.stringContaining("0.02 seconds") });
  expect(pool.jobs[0].signal.aborted).toBe(true);
});

test("closing finishes what waits, and takes nothing new", async () => {
  const { pool, scheduler, draw } = make();
  const answers = [kept(draw(0)), kept(draw(1))];
  const closed = scheduler.close();
  await expect(draw(2)).rejects.toMatchObject({ statusCode: 503 });
  pool.jobs[0].done();
  await turn();
  pool.jobs[1].done();
  await closed;
  expect(await Promise.all(answers)).toHaveLength(2);
});

test("a block waits for the thread that holds its session, and holds nobody up", async () => {
  const { pool, scheduler, draw } = make();
  pool.holderBusy = true;
  const place = { folder: "f", version: "v" };
  const signal = new AbortController().signal;
  const block = kept(scheduler.alone({ type: "block", place, session: 1 }, { count: 0, signal }));
  const other = kept(draw(7));
  await turn();
  expect(pool.jobs.map(({ job }) => job.type)).toEqual(["draw"]);
  pool.holderBusy = false;
  pool.jobs[0].done();
  await other;
  await turn();
  expect(pool.jobs.map(({ job }) => job.type)).toEqual(["draw", "block"]);
  pool.jobs[1].done();
  await block;
});

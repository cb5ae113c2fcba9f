import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { RunError } from "../../src/train/index.js";
import { lockFolder, lockHolder } from "../../src/train/lock.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-lock-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
function newFolder(): string {
  const out = join(root, `run${folders++}`);
  mkdirSync(out);
  return out;
}

const script = fileURLToPath(new URL("fixtures/take-lock.ts", import.meta.url));
/** A process that tries to lock the folders of its input's lines, each as it comes, and holds what it gets. */
function contender() {
  const child = spawn(process.execPath, ["--import", "tsx", script], { stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  let rest = "";
  child.stdout.on("data", (chunk) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    for (const line of parts) waiting.length > 0 ? waiting.shift()!(line) : lines.push(line);
  });
  const next = () => new Promise<string>((done) => (lines.length > 0 ? done(lines.shift()!) : waiting.push(done)));
  return {
    child,
    ready: next(),
    /** "locked", or the error's message. */
    lock(out: string) {
      child.stdin.write(`${out}\n`);
      return next();
    },
  };
}
const killed = (child: ChildProcess) =>
  new Promise<void>((done) => {
    child.once("exit", () => done());
    child.kill("SIGKILL");
  });

const content = (out: string) => JSON.parse(readFileSync(join(out, "lock"), "utf8"));
const plant = (out: string, lock: unknown, name = "lock") =>
  writeFileSync(join(out, name), typeof lock === "string" ? lock : JSON.stringify(lock));

test("one holder at a time, named by the refusal; nothing is left when it lets go", async () => {
  const out = newFolder();
  const unlock = await lockFolder(out);
  const { pid, host } = content(out);
  expect({ pid, host }).toEqual({ pid: process.pid, host: hostname() });
  await expect(lockFolder(out)).rejects.toThrow(
    new RegExp(`This process \\(${pid}\\) trains in ${out}, since .*choose another folder`),
  );
  await expect(lockFolder(out)).rejects.toThrow(RunError);
  await unlock();
  expect(readdirSync(out)).toEqual([]);
  await (await lockFolder(out))();
});

test("of a killed process the lock is taken over, of a living one not", async () => {
  const out = newFolder();
  const { child, ready, lock } = contender();
  await ready;
  expect(await lockHolder(out)).toBeNull();
  expect(await lock(out)).toBe("locked");
  expect(await lockHolder(out)).toMatchObject({ pid: child.pid, known: true });
  await expect(lockFolder(out)).rejects.toThrow(new RegExp(`The process ${child.pid} on .* trains in`));
  await expect(lockFolder(out, "paints")).rejects.toThrow(new RegExp(`The process ${child.pid} on .* paints in`));
  await killed(child);
  expect(await lockHolder(out)).toBeNull();
  const unlock = await lockFolder(out);
  expect(content(out).pid).toBe(process.pid);
  await unlock();
  expect(readdirSync(out)).toEqual([]);
});

test("many at once, on fresh folders and on those of dead processes: always exactly one", async () => {
  const dead = contender();
  await dead.ready;
  const rivals = Array.from({ length: 4 }, contender);
  for (const { ready } of rivals) await ready;
  const wins: number[] = [];
  for (let round = 0; round < 40; round++) {
    const out = newFolder();
    if (round % 2 === 1) {
      await dead.lock(out);
      plant(out, { ...content(out), pid: 2 ** 22 + 1 }); // beyond Linux's largest
      if (round % 4 === 3) {
        // One that took over died in the middle of it.
        const { id } = content(out);
        plant(out, { ...content(out), id: "0123456789abcdef" }, `lock.${id}`);
      }
    }
    const answers = await Promise.all(rivals.map(({ lock }) => lock(out)));
    const winners = answers.flatMap((answer, i) => (answer === "locked" ? [i] : []));
    expect(winners, answers.join("\n")).toHaveLength(1);
    expect(content(out).pid).toBe(rivals[winners[0]].child.pid);
    for (const answer of answers) expect(answer).toMatch(/^locked$|^The process \d+ on .* trains in /);
    wins.push(winners[0]);
  }
  for (const { child } of [dead, ...rivals]) await killed(child);
  expect(new Set(wins).size).toBeGreaterThan(1);
});

test.skipIf(process.platform !== "linux")(
  "a process that has a dead one's number, or another boot's, is not believed",
  async () => {
    for (const change of [{ started: "1" }, { boot: "00000000-0000-0000-0000-000000000000" }]) {
      const out = newFolder();
      await lockFolder(out);
      plant(out, { ...content(out), ...change });
      const unlock = await lockFolder(out);
      await unlock();
    }
  },
);

test("a lock of another machine or container is refused, with what to do", async () => {
  for (const change of [{ host: "elsewhere" }, ...(process.platform === "linux" ? [{ space: "pid:[1]" }] : [])]) {
    const out = newFolder();
    await lockFolder(out);
    plant(out, { ...content(out), pid: 4711, ...change });
    await expect(lockFolder(out)).rejects.toThrow(
      new RegExp(
        `The process 4711 on .* cannot be seen from this machine or container.*delete ${join(out, "lock")} and`,
      ),
    );
    expect(existsSync(join(out, "lock"))).toBe(true);
  }
});

test.each(["", "null", "{", '{"pid": 0}'])("a lock that says %o is refused, with what to do", async (text) => {
  const out = newFolder();
  plant(out, text);
  await expect(lockFolder(out)).rejects.toThrow(
    /lock cannot be understood. If no process trains in this folder, delete it/,
  );
  expect(readdirSync(out)).toEqual(["lock"]);
});

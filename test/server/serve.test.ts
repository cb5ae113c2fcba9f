import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { run } from "../../src/cli/program.js";
import { loggable } from "../../src/server/log.js";
import { post, serving } from "./serving.js";

const main = resolve(import.meta.dirname, "../../dist/cli/main.js");
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

/** `fewstep serve` as a process of its own; `url` is what it prints first. */
function serve(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main, "serve", "--port", "0", "--threads", "1", ...args], {
    cwd: resolve(import.meta.dirname, "../.."),
    env: { ...process.env, ...env },
  });
  running.push(child);
  const said = { stdout: "", stderr: "" };
  child.stderr.on("data", (chunk) => (said.stderr += chunk));
  const ended = new Promise<number | null>((done) => child.on("close", done));
  const url = new Promise<string>((done) =>
    child.stdout.on("data", (chunk) => {
      said.stdout += chunk;
      if (said.stdout.includes("\n")) done(said.stdout.trim());
    }),
  );
  return { child, said, ended, url };
}
const drawn = async (metrics: string) =>
  Number(/^fewstep_samples_total (\d+)/m.exec(await (await fetch(metrics)).text())?.[1]);

test("SIGTERM finishes what runs, and the log says nothing of prompts", async () => {
  const { child, said, ended, url } = serve(["duo-names"], { FEWSTEP_TOKEN: "secret" });
  const address = await url;
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const headers = { authorization: "Bearer secret", accept: "application/json" };
  const body = { model: "duo-names", steps: 64, count: 8, prompt: "Zanzi" };
  let answered = false;
  const answer = post(`${address}/v1/sample`, body, headers).finally(() => (answered = true));
  const metrics = async () => (await fetch(`${address}/metrics`, { headers })).text();
  while (!answered && !/^fewstep_running_batches 1/m.test(await metrics()))
    await new Promise((later) => setTimeout(later, 5));
  child.kill("SIGTERM");
  expect((await (await answer).json()).data).toHaveLength(8);
  expect(await ended).toBe(0);
  expect(said.stderr).not.toMatch(/Zanzi|secret/);
  const lines = said.stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.find(({ path }) => path === "/v1/sample")).toMatchObject({
    status: 200,
    model: "duo-names",
    count: 8,
    steps: 64,
  });
});

test("prompts are logged where that is asked for", () => {
  const options = { prompt: "Zanzi", label: "boot", template: "a_", seed: 3, count: 2, noise: [1] };
  expect(loggable(options, false)).toEqual({ seed: 3, count: 2 });
  expect(loggable(options, true)).toEqual({ prompt: "Zanzi", label: "boot", template: "a_", seed: 3, count: 2 });
});

/** What the command line says on stderr, and its exit code, within this process. */
async function runHere(args: string[]) {
  const said = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  const code = await run(["serve", "--port", "0", ...args]);
  const stderr = said.mock.calls.map(([text]) => String(text)).join("");
  said.mockRestore();
  return { code, stderr };
}

test.each([
  [["nobody"], /There is no model "nobody"/],
  [["classifier-mnist"], /draws nothing/],
  [["--models", "nowhere"], /There is no folder nowhere/],
  [["--allow-origin", "example"], /allowOrigins/],
  [["--max-batch", "5000"], /maxBatch is 5000; it must be at most 1024/],
  [["--max-seconds", "0"], /must be above 0/],
  [["--host", "256.0.0.1"], /cannot listen on 256.0.0.1/],
  [["--port", "65536"], /from 0 \(any that is free\) to 65535, got 65536/],
])("%j is wrong use", async (args, message) => {
  const { code, stderr } = await runHere(args);
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
});

test("a port that is taken is wrong use", async () => {
  const { app, port } = await serving({ models: ["duo-names"] });
  const { code, stderr } = await runHere(["duo-names", "--port", String(port)]);
  expect(code).toBe(2);
  expect(stderr).toContain(`The port ${port} is in use already`);
  await app.close();
});

test("who hangs up frees the worker, and health is answered while it draws", async () => {
  const { app, url } = await serving({ models: ["duo-text"] });
  const controller = new AbortController();
  const long = post(`${url}/v1/sample`, { model: "duo-text", steps: 1000, count: 2 }, {}, controller.signal);
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  while (!/^fewstep_running_batches 1/m.test(await metrics())) await new Promise((later) => setTimeout(later, 5));
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  controller.abort();
  await expect(long).rejects.toThrow();
  while (!/^fewstep_running_batches 0/m.test(await metrics())) await new Promise((later) => setTimeout(later, 5));
  expect((await post(`${url}/v1/sample`, { model: "duo-text", steps: 1 })).status).toBe(200);
  expect(await drawn(`${url}/metrics`)).toBe(1);
  await app.close();
});

test("bytes that are no HTTP are answered with 400, and harm nobody", async () => {
  const { app, url, port } = await serving({ models: ["duo-names"] });
  for (const bytes of [
    "\x00\xff\x13garbage\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "POST /v1/sample HTTP/1.1\r\nHost: localhost\r\nContent-Length: -4\r\n\r\n",
  ]) {
    const said = await new Promise<string>((done) => {
      let all = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
      socket
        .on("data", (chunk) => (all += chunk))
        .on("close", () => done(all))
        .on("error", () => done(all));
      socket.on("data", () => socket.end());
    });
    expect(said).toMatch(/^HTTP\/1\.1 40[03]/);
  }
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await app.close();
});

test("methods of one's own are served", async () => {
  const fixture = join(import.meta.dirname, "../methods/fixtures/class-means.ts");
  const { app, url } = await serving({ models: ["duo-names"], use: [fixture] });
  expect((await post(`${url}/v1/sample`, { model: "duo-names", steps: 1 })).status).toBe(200);
  await app.close();
});

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { raceData } from "../../scripts/torture/race-data.js";
import { raceBytes, raceDataset } from "../../scripts/torture/race-data-child.js";
import { getPinned } from "../../src/data/get.js";

test("two processes that fetch one data set both get it, whatever else happens; a cached one is never away", async () => {
  const { rounds, failures } = await raceData({ rounds: 30, seed: 1, log: () => {} });
  expect(rounds).toBe(30);
  expect(failures).toEqual([]);
});

test("a download whose process was killed goes on in the next", async () => {
  const body = Uint8Array.from({ length: raceBytes }, (_, i) => (i * 31) % 251);
  const cache = await mkdtemp(join(tmpdir(), "killed-"));
  await writeFile(join(cache, "body.bin"), body);
  const asked: number[] = [];
  const half = 600_000;
  const server = createServer((request, response) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    asked.push(start);
    response.setHeader("content-length", body.length - start);
    if (start > 0) response.setHeader("content-range", `bytes ${start}-${body.length - 1}/${body.length}`);
    response.writeHead(start > 0 ? 206 : 200);
    if (start > 0) response.end(body.subarray(start));
    else response.write(body.subarray(0, half)); // and then nothing more
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = fork(resolve(import.meta.dirname, "../../scripts/torture/race-data-child.ts"), {
      execArgv: ["--import", "tsx"],
      cwd: resolve(import.meta.dirname, "../.."),
    });
    child.send({ url, body: join(cache, "body.bin"), cache, force: false });
    const downloads = join(cache, "downloads", "race");
    await expect
      .poll(async () => (await readdir(downloads, { recursive: true }).catch(() => [])).length, { timeout: 60_000 })
      .toBeGreaterThan(1);
    await new Promise((done) => setTimeout(done, 300));
    child.kill("SIGKILL");
    await once(child, "exit");
    const dataset = await getPinned("race", raceDataset(url, body), { cache });
    expect(dataset.train.count).toBe(1500);
    expect(asked.length).toBe(2);
    expect(asked[1]).toBeGreaterThan(0);
    expect(asked[1]).toBeLessThanOrEqual(half);
    expect(await readdir(downloads)).toEqual([]);
  } finally {
    server.close().closeAllConnections();
  }
});

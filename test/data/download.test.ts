import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { download, type Integrity } from "../../src/data/download.js";
import { fetchNpmPackage, keepNpmPackage } from "../../src/data/packages.js";

const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const integrityOf = (bytes: Uint8Array): Integrity => `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
const good = integrityOf(body);

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.unstubAllEnvs();
});

/** A server on this machine; returns its address and the requests that it got. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: { url: string; range?: string; headers: IncomingMessage["headers"] }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url!, range: request.headers.range, headers: request.headers });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** The byte from which on a request asks. */
const startOf = (request: IncomingMessage): number =>
  Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);

/** Sends `content` from the asked byte on, breaking the connection after `most` bytes. */
function send(request: IncomingMessage, response: ServerResponse, content = body, most = Number.POSITIVE_INFINITY) {
  const start = startOf(request);
  if (start >= content.length) return response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
  if (start > 0) response.setHeader("content-range", `bytes ${start}-${content.length - 1}/${content.length}`);
  response.writeHead(start > 0 ? 206 : 200, { "content-length": content.length - start });
  if (content.length - start <= most) return response.end(content.subarray(start));
  return response.write(content.subarray(start, start + most), () => setTimeout(() => response.destroy(), 20));
}

const target = async () => join(await mkdtemp(join(tmpdir(), "download-")), "file.bin");
const isWhole = async (path: string) => (await readFile(path)).equals(body);
const listing = (path: string) => readdir(join(path, ".."));

test("downloads, checks and reports progress", async () => {
  const { url } = await serve((request, response) => send(request, response));
  const path = await target();
  const seen: [number, number | null][] = [];
  await download(url, path, good, { onProgress: ({ done, total }) => seen.push([done, total]) });
  expect(await isWhole(path)).toBe(true);
  expect(seen.at(-1)).toEqual([body.length, body.length]);
  expect(await listing(path)).toEqual(["file.bin"]);
});

test("a broken connection is continued where it stopped", async () => {
  const { url, requests } = await serve((request, response) => send(request, response, body, 120_000));
  const path = await target();
  await download(url, path, good);
  expect(await isWhole(path)).toBe(true);
  expect(requests.map(({ range }) => range)).toEqual([undefined, "bytes=120000-", "bytes=240000-"]);
});

test("an interrupted download goes on the next time", async () => {
  const { url, requests } = await serve((request, response) => send(request, response));
  const path = await target();
  await writeFile(`${path}.part`, body.subarray(0, 100_000));
  await download(url, path, good);
  expect(requests.map(({ range }) => range)).toEqual(["bytes=100000-"]);
  expect(await isWhole(path)).toBe(true);
  await rm(path);
  await writeFile(`${path}.part`, body);
  await download(url, path, good);
  expect(requests.length).toBe(2);
  expect(await isWhole(path)).toBe(true);
  await download(url, path, good);
  expect(requests.length).toBe(2);
});

test("a stale part that is longer than the file, or one that the server does not say the length of, is thrown away", async () => {
  const { url, requests } = await serve((request, response) => send(request, response));
  const path = await target();
  await writeFile(`${path}.part`, Buffer.concat([body, Buffer.from("longer")]));
  await download(url, path, good);
  expect(await isWhole(path)).toBe(true);
  expect(requests.map(({ range }) => range)).toEqual([`bytes=${body.length + 6}-`, undefined]);
  const mute = await serve((request, response) =>
    startOf(request) > 0 ? void response.writeHead(416).end() : send(request, response),
  );
  await rm(path);
  await writeFile(`${path}.part`, Buffer.concat([body, Buffer.from("longer")]));
  await download(mute.url, path, good);
  expect(await isWhole(path)).toBe(true);
  expect(await listing(path)).toEqual(["file.bin"]);
});

test.each([
  ["begins elsewhere", `bytes 50000-${body.length - 1}/${body.length}`],
  ["ends behind the file", `bytes 100000-${body.length}/${body.length}`],
  ["is of a shorter file", `bytes 100000-${body.length - 1}/150000`],
  ["does not say where it begins", undefined],
  ["says so in another unit", "items 1-2/3"],
])("a part of the file that %s is not appended", async (_, range) => {
  const { url, requests } = await serve((request, response) => {
    if (startOf(request) === 0) return send(request, response);
    if (range) response.setHeader("content-range", range);
    return response.writeHead(206).end("these bytes belong somewhere else");
  });
  const path = await target();
  await writeFile(`${path}.part`, body.subarray(0, 100_000));
  await download(url, path, good);
  expect(await isWhole(path)).toBe(true);
  expect(requests.map(({ range }) => range)).toEqual(["bytes=100000-", undefined]);
});

test("a server that sends less than was asked for is asked for the rest; one that sends more is not believed", async () => {
  let extra = 0;
  const { url, requests } = await serve((request, response) => {
    const start = startOf(request);
    const end = Math.min(start + 80_000, body.length);
    if (start === 0) return send(request, response, body, 80_000);
    response.writeHead(206, { "content-range": `bytes ${start}-${end - 1}/${body.length}` });
    return response.end(Buffer.concat([body.subarray(start, end), Buffer.alloc(extra)]));
  });
  const path = await target();
  await download(url, path, good);
  expect(await isWhole(path)).toBe(true);
  expect(requests.map(({ range }) => range)).toEqual([undefined, ...[80, 160, 240].map((n) => `bytes=${n}000-`)]);
  await rm(path);
  extra = 5;
  await expect(download(url, path, good)).rejects.toThrow("sent 80005 bytes where it had announced 80000");
  expect(await listing(path)).toEqual([]);
});

test("a file that changes between two pieces is fetched anew: If-Range with the ETag, never two versions in one file", async () => {
  const old = Buffer.from(body).fill(1, 0, 1000);
  for (const [tag, obeys] of [
    ['"1"', true],
    ['"1"', false],
    ['W/"1"', true],
  ] as const) {
    const { url, requests } = await serve((request, response) => {
      if (requests.length === 1) return send(request, response.setHeader("etag", tag), old, 120_000);
      if (obeys && request.headers["if-range"]) request.headers.range = undefined; // what the ETag was of is gone
      return send(request, response.setHeader("etag", '"2"'));
    });
    const path = await target();
    const seen: number[] = [];
    await download(url, path, good, { onProgress: ({ done }) => seen.push(done) });
    expect(await isWhole(path)).toBe(true);
    expect(await listing(path)).toEqual(["file.bin"]);
    if (tag !== 'W/"1"') expect(seen.filter((done) => done === body.length)).toHaveLength(1); // never a whole of both
    expect(requests[1].headers["if-range"]).toBe(tag.startsWith("W/") ? undefined : tag);
    for (const { headers } of requests) expect(headers["accept-encoding"]).toMatch(/^identity(, identity)?$/);
  }
});

test("the ETag of an interrupted download is remembered for the next time", async () => {
  const { url, requests } = await serve((request, response) => {
    response.setHeader("etag", '"v1"');
    if (requests.length > 1) return send(request, response);
    response.writeHead(200, { "content-length": body.length });
    return response.write(body.subarray(0, 50_000));
  });
  const path = await target();
  const controller = new AbortController();
  const first = download(url, path, good, { signal: controller.signal, onProgress: () => controller.abort() });
  await expect(first).rejects.toThrow(/abort/i);
  await download(url, path, good);
  expect(await isWhole(path)).toBe(true);
  expect(requests[1].headers).toMatchObject({ "if-range": '"v1"', range: expect.stringMatching(/^bytes=[1-9]/) });
});

test("a server that breaks every connection at one place and knows no ranges is not asked for ever", async () => {
  const { url, requests } = await serve((_, response) => {
    response.writeHead(200, { "content-length": body.length });
    response.write(body.subarray(0, 120_000), () => setTimeout(() => response.destroy(), 20));
  });
  await expect(download(url, await target(), good)).rejects.toThrow(/connection was lost/);
  expect(requests.length).toBeLessThan(5);
});

test("a server without ranges, or a stale part of something else, is fetched from the start", async () => {
  const plain = await serve((_, response) => void response.end(body));
  const path = await target();
  await writeFile(`${path}.part`, body.subarray(0, 100_000));
  await download(plain.url, path, good);
  expect(await isWhole(path)).toBe(true);
  const ranged = await serve((request, response) => send(request, response));
  await rm(path);
  await writeFile(`${path}.part`, "something else");
  await download(ranged.url, path, good);
  expect(await isWhole(path)).toBe(true);
  expect(ranged.requests.length).toBe(2);
});

test("a wrong checksum says so, keeps what was there and leaves no partial file", async () => {
  const { url } = await serve((request, response) => send(request, response, Buffer.from("other content")));
  const path = await target();
  await writeFile(path, "good old file");
  await expect(download(url, path, good)).rejects.toThrow(/Wrong checksum .*expected sha512-.*nothing .* touched/);
  expect(await readFile(path, "utf8")).toBe("good old file");
  expect(await listing(path)).toEqual(["file.bin"]);
});

test("errors of the server and an abort come through; what has arrived stays for the next time", async () => {
  const missing = await serve((_, response) => void response.writeHead(404).end());
  const path = await target();
  await expect(download(missing.url, path, good)).rejects.toThrow(/404/);
  await expect(download("http://127.0.0.1:9/x", path, good)).rejects.toThrow(/cannot be reached/);
  const slow = await serve((_, response) => {
    response.writeHead(200, { "content-length": body.length });
    response.write(body.subarray(0, 50_000));
  });
  const controller = new AbortController();
  const running = download(slow.url, path, good, { signal: controller.signal, onProgress: () => controller.abort() });
  await expect(running).rejects.toThrow(/abort/i);
  const part = await readFile(`${path}.part`);
  expect(part.length).toBeGreaterThan(0);
  expect(part.equals(body.subarray(0, part.length))).toBe(true);
});

test("a server that says nothing, drips or sends without end is given up, with a sentence", async () => {
  const path = await target();
  const silent = await serve(() => {});
  await expect(download(silent.url, path, good, { timeout: 0.2 })).rejects.toThrow(/no answer came within 0.2 s/);

  const slow = await serve((_, response) => {
    response.writeHead(200, { "content-length": body.length });
    const drip = setInterval(() => response.write("a"), 20);
    response.on("close", () => clearInterval(drip));
  });
  await expect(download(slow.url, path, good, { timeout: 0.3 })).rejects.toThrow(
    /fewer than 308 bytes came within 0.3 s.* is kept/,
  );
  expect(slow.requests.length).toBe(1);
  expect((await listing(path)).sort()).toContain("file.bin.part");
  await rm(`${path}.part`);

  const endless = await serve((_, response) => {
    response.writeHead(200);
    const more = () => response.write(body, () => void (response.destroyed || more()));
    more();
  });
  await expect(download(endless.url, path, good, { maxBytes: 1e6 })).rejects.toThrow(/1.* MB or more.*at most 1.0 MB/);
  expect(await listing(path)).toEqual([]);
  const announced = await serve((_, response) => response.writeHead(200, { "content-length": 5e9 }).write("a"));
  await expect(download(announced.url, path, good)).rejects.toThrow(/5.* GB or more.*at most 2.* GB/);
});

/** A private registry with one package, whose tarball may need a token. */
async function registry(token?: string) {
  const server = await serve((request, response) => {
    if (token && request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end();
    if (request.url!.endsWith(".tgz")) return void send(request, response);
    const manifest = {
      name: "some-data",
      version: "1.2.3",
      dist: { tarball: `${server.url}/some-data/-/some-data-1.2.3.tgz`, integrity: good },
    };
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ name: "some-data", "dist-tags": { latest: "1.2.3" }, versions: { "1.2.3": manifest } }),
    );
  });
  const home = await mkdtemp(join(tmpdir(), "npmrc-"));
  const lines = [
    `registry=${server.url}/`,
    `cache=${join(home, "cache")}`,
    "https-proxy=null",
    "update-notifier=false",
  ];
  if (token) lines.push(`${server.url.replace("http:", "")}/:_authToken=${token}`);
  await writeFile(join(home, "npmrc"), lines.join("\n"));
  vi.stubEnv("npm_config_userconfig", join(home, "npmrc"));
  for (const name of Object.keys(process.env))
    if (/^npm_config_(registry|cache|https_proxy|proxy)$/i.test(name) || /^https?_proxy$/i.test(name))
      vi.stubEnv(name, undefined);
  return server;
}
const somePackage = { name: "some-data", version: "1.2.3", integrity: good, bytes: body.length };

test("a package comes from the registry that the user's npm is set to, once", async () => {
  const { requests } = await registry();
  const folder = await mkdtemp(join(tmpdir(), "npm-"));
  const path = await fetchNpmPackage(somePackage, folder);
  expect(await isWhole(path)).toBe(true);
  expect(requests.map(({ url }) => url)).toEqual(["/some-data/-/some-data-1.2.3.tgz"]);
  expect(await fetchNpmPackage(somePackage, folder)).toBe(path);
  expect(requests.length).toBe(1);
});

test("a package that is kept may be asked for by several at once; a damaged copy is fetched again", async () => {
  await registry();
  const folder = await mkdtemp(join(tmpdir(), "npm-"));
  const paths = await Promise.all([1, 2, 3].map(() => keepNpmPackage(somePackage, folder)));
  expect(paths).toEqual(new Array(3).fill(join(folder, "some-data-1.2.3.tgz")));
  expect(await isWhole(paths[0])).toBe(true);
  await writeFile(paths[0], "damaged");
  await keepNpmPackage(somePackage, folder);
  expect(await isWhole(paths[0])).toBe(true);
  expect(await readdir(join(folder, "downloads"))).toEqual([]);
});

test("a registry that wants the user's token is asked through npm itself", async () => {
  const { requests } = await registry("secret");
  const folder = await mkdtemp(join(tmpdir(), "npm-"));
  const path = await fetchNpmPackage(somePackage, folder);
  expect(await isWhole(path)).toBe(true);
  expect(requests.length).toBeGreaterThan(1);
  expect(await readdir(folder)).toEqual(["some-data-1.2.3.tgz"]);
});

test("a package whose content was exchanged is refused", async () => {
  await registry();
  const folder = await mkdtemp(join(tmpdir(), "npm-"));
  const wrong = { ...somePackage, integrity: integrityOf(Buffer.from("as published")) };
  await expect(fetchNpmPackage(wrong, folder)).rejects.toThrow(/Wrong checksum/);
  expect(await readdir(folder)).toEqual([]);
});

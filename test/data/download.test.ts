import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { download, fetchNpmPackage, type Integrity } from "../../src/data/download.js";

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
  const requests: { url: string; range?: string }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url!, range: request.headers.range });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Sends `content` from the asked byte on, breaking the connection after `most` bytes. */
function send(request: IncomingMessage, response: ServerResponse, content = body, most = Number.POSITIVE_INFINITY) {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (start >= content.length) return response.writeHead(416).end();
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
  await writeFile(`${path}.part`, body);
  await download(url, path, good);
  expect(await isWhole(path)).toBe(true);
});

test("a server without ranges, or a stale part of something else, is fetched from the start", async () => {
  const plain = await serve((_, response) => void response.end(body));
  const path = await target();
  await writeFile(`${path}.part`, body.subarray(0, 100_000));
  await download(plain.url, path, good);
  expect(await isWhole(path)).toBe(true);
  const ranged = await serve((request, response) => send(request, response));
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

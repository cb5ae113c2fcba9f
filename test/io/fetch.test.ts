import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { type FetchOptions, fetching } from "../../src/io/fetch.js";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves every request by `answer`; counts them. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: string[] = [];
  server = createServer((request, response) => {
    requests.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((done) => server!.listen(0, "127.0.0.1", done));
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`), requests };
}
const whole = (url: URL, options?: FetchOptions, limit = 1e6) => fetching(url, (reader) => reader.rest(limit), options);
const bytes = (n: number) => Uint8Array.from({ length: n }, (_, i) => i % 251);

test("bytes come in order, in any portions, with progress", async () => {
  const { url } = await serve((_, response) => {
    response.write(bytes(1000).subarray(0, 10));
    setTimeout(() => response.end(bytes(1000).subarray(10)), 20);
  });
  const seen: number[] = [];
  const parts = await fetching(
    url,
    async (reader) => [await reader.take(3), await reader.take(500), await reader.rest(600)],
    { onProgress: ({ done, total, task }) => seen.push(done, total ?? 0) && expect(task).toBe("fetching file.bin") },
  );
  expect(Buffer.concat(parts)).toEqual(Buffer.from(bytes(1000)));
  expect(seen.slice(-2, -1)).toEqual([1000]);
});

test("a body without end is left where the limit is", async () => {
  let closed = false;
  const { url } = await serve((_, response) => {
    const more = () => {
      while (response.write(bytes(65536)));
    };
    response.on("drain", more).on("close", () => (closed = true));
    more();
  });
  await expect(whole(url, { maxBytes: 300_000 }, 1e9)).rejects.toThrow(
    /file\.bin could not be fetched: it has at least .*at most 0\.3 MB/,
  );
  await expect(whole(url, {}, 100_000)).rejects.toThrow(/it has more than 0\.1 MB/);
  await expect.poll(() => closed).toBe(true);
});

test("what is announced as too large is not begun", async () => {
  const { url, requests } = await serve((_, response) =>
    response.writeHead(200, { "content-length": "9000000000" }).flushHeaders(),
  );
  await expect(whole(url)).rejects.toThrow(/it has 9\.00 GB, and at most 2\.00 GB are fetched/);
  expect(requests).toHaveLength(1);
});

test("a compressed body counts decompressed", async () => {
  const bomb = gzipSync(new Uint8Array(50e6));
  expect(bomb.length).toBeLessThan(100_000);
  const { url } = await serve((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
  await expect(whole(url, { maxBytes: 1e6 }, 1e9)).rejects.toThrow(/it has at least .* MB, and at most 1\.0 MB/);
  const before = process.memoryUsage().arrayBuffers;
  await expect(whole(url, {}, 1000)).rejects.toThrow(/it has more than 1000 bytes/);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
  const { length } = await whole(url, {}, 60e6);
  expect(length).toBe(50e6);
});

test.each([
  ["that never answers", () => {}, /no answer came within 0\.2 s/],
  [
    "that stops in the middle",
    (_: unknown, r: ServerResponse) => void r.write("abc"),
    /fewer than 205 bytes came within 0\.2 s/,
  ],
  [
    "that drips",
    (_: unknown, r: ServerResponse) => {
      const drip = setInterval(() => r.write("a"), 20);
      r.on("close", () => clearInterval(drip));
    },
    /fewer than 205 bytes came within 0\.2 s/,
  ],
])("a server %s is left, after two attempts", async (_, answer, message) => {
  const { url, requests } = await serve(answer);
  await expect(whole(url, { timeout: 0.2, attempts: 2 })).rejects.toThrow(message);
  expect(requests).toHaveLength(2);
});

test("a lost connection and a busy server are tried again, from the start; a missing file is not", async () => {
  const answers: ((response: ServerResponse) => void)[] = [
    (response) =>
      void response
        .writeHead(200, { "content-length": "1000" })
        .write(bytes(1000).subarray(0, 400), () => response.destroy()),
    (response) => void response.writeHead(503).end(),
    (response) => void response.end(bytes(1000)),
  ];
  const { url, requests } = await serve((_, response) => answers[requests.length - 1](response));
  expect(await whole(url)).toEqual(bytes(1000));
  expect(requests).toHaveLength(3);
  answers.push((response) => void response.writeHead(404).end());
  await expect(whole(url)).rejects.toThrow(/file\.bin could not be fetched: the server answered 404 Not Found\./);
  expect(requests).toHaveLength(4);
});

test("a server that is not there is named with the cause; keys and passwords are not shown", async () => {
  const { url } = await serve(() => {});
  server!.close();
  url.search = "?key=secret";
  await expect(whole(url, { attempts: 1 })).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:\d+\/file\.bin\?… could not be fetched: connect ECONNREFUSED/,
  );
  url.username = "me";
  url.password = "hidden";
  const error: Error = await whole(url, { attempts: 1 }).catch((e) => e);
  expect(error.message).toMatch(/user name or password is not sent/);
  expect(error.message).not.toMatch(/hidden|secret/);
});

test("a caller's signal ends it with the caller's reason", async () => {
  const { url, requests } = await serve((_, response) => void response.write("abc"));
  const controller = new AbortController();
  const running = whole(url, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 50);
  await expect(running).rejects.toThrow("enough");
  expect(requests).toHaveLength(1);
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { writeKinds } from "../../scripts/torture/kinds.js";
import { loadModel } from "../../src/methods/load.js";
import { Random } from "../../src/random/index.js";
import { command } from "../cli/command.js";

const root = mkdtempSync(join(tmpdir(), "load-"));
const [good, bad] = [join(root, "kinds", "drifting"), join(root, "bad")];
let server: Server;
let requests: string[] = [];
let base: string;

beforeAll(async () => {
  await writeKinds(join(root, "kinds"));
  server = createServer((request, response) => {
    requests.push(request.url!);
    const { pathname } = new URL(request.url!, "http://host");
    if (pathname.startsWith("/endless") && pathname.endsWith(".safetensors")) {
      const more = () => {
        while (response.write(Buffer.alloc(65536, 1)));
      };
      response.write(readFileSync(join(good, "model.safetensors")));
      response.on("drain", more);
      return more();
    }
    try {
      response.end(readFileSync(join(root, "kinds", pathname.replace("endless", "drifting"))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
});

/** The good model with another description. */
async function withConfig(change: (config: any) => void): Promise<string> {
  await cp(good, bad, { recursive: true });
  const config = JSON.parse(await readFile(join(good, "config.json"), "utf8"));
  change(config);
  await writeFile(join(bad, "config.json"), JSON.stringify(config));
  return bad;
}

test.each([
  [
    "hidden",
    10_000,
    /model\.safetensors: The weights' tensor "generator\.conditioning|model\.safetensors: The weights/,
  ],
  ["hidden", 1e9, /config\.json: network\.hidden is 1000000000; it must be at most 65536\. Restore/],
  ["hidden", "8", /config\.json: network\.hidden is "8"; it must be a number/],
  ["hidden", undefined, /config\.json: network\.hidden is missing; it must be a number/],
  [
    "blocks",
    0,
    /The weights have 6 tensors that the network has not, such as "generator\.mlp\.blocks\.0\.modulation\.weight": config\.json and/,
  ],
  ["classes", 3, /classNames has 2 names, but the network has 3 classes/],
  ["widht", 3, /network has a field "widht", which this version does not know/],
])(
  "network.%s = %s is refused with file, field and value, and nothing of its size is made",
  async (field, value, message) => {
    const place = await withConfig((config) => {
      config.network[field] = value;
    });
    const before = process.memoryUsage().arrayBuffers;
    await expect(loadModel(place)).rejects.toThrow(message);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2e6);
  },
);

test("a sequence that no memory holds is refused by name", async () => {
  const config = JSON.parse(await readFile(join(root, "kinds", "discrete-text", "config.json"), "utf8"));
  config.network.length = 1e6;
  await cp(join(root, "kinds", "discrete-text"), join(root, "long"), { recursive: true });
  await writeFile(join(root, "long", "config.json"), JSON.stringify(config));
  await expect(loadModel(join(root, "long"))).rejects.toThrow(
    /config\.json: network is .*; 2 heads over 1000000 tokens of 5 take 2000000000000 numbers for a single sample, more than/,
  );
});

test("loading draws no initial values", async () => {
  const drawn = vi.spyOn(Random.prototype, "uniform");
  const normal = vi.spyOn(Random.prototype, "normal");
  const model = await loadModel(good);
  await model.release();
  expect(drawn).not.toHaveBeenCalled();
  expect(normal).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

test("a URL of any case and with a query is a model's folder; each file is asked for once", async () => {
  requests = [];
  const model = await loadModel(`HTTP://${base}/drifting/?key=a%20b#top`, { threads: 1, kind: "image" });
  const here = await loadModel(good, { threads: 1, kind: "image" });
  const [there, own] = [await model.sample({ seed: 3 }), await here.sample({ seed: 3 })];
  expect(there.pixels).toEqual(own.pixels);
  expect(requests).toEqual(["/drifting/config.json?key=a%20b", "/drifting/model.safetensors?key=a%20b"]);
  await model.release();
  await here.release();
});

test("weights that do not end are left after what the header announces", async () => {
  await expect(loadModel(`http://${base}/endless`)).rejects.toThrow(
    /endless\/model\.safetensors could not be fetched: bytes came after its end/,
  );
});

test("on the command line a failed fetch is a failure (1), a place that cannot be one is wrong use (2)", async () => {
  const fewstep = command(join(root, "cache"));
  requests = [];
  const [gone, wrong, refused] = await Promise.all([
    fewstep(["sample", `http://${base}/nothing`]),
    fewstep(["sample", "no-such-model"]),
    fewstep(["sample", `http://${base}/classifier`]),
  ]);
  expect(gone.stderr).toMatch(
    /fewstep: http:\/\/[\d.:]+\/nothing\/config\.json could not be fetched: the server answered 404 Not Found\./,
  );
  expect([gone.code, wrong.code, refused.code]).toEqual([1, 2, 2]);
  expect(requests.filter((path) => path.startsWith("/classifier"))).toEqual(["/classifier/config.json"]);
});

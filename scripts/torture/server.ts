import { spawn } from "node:child_process";
import { connect } from "node:net";
import { resolve } from "node:path";
import { Random } from "../../src/random/index.js";
import { type CampaignOptions, inFolder, timeLeft } from "./campaign.js";

const main = resolve(import.meta.dirname, "../../dist/cli/main.js");
const MODELS = ["drifting-fashion", "duo-names", "sphere-fashion"];
/** An answer that takes longer has hung. */
const HANG = 60_000;
const WORKERS = 8;

/**
 * Sends a server what nobody would: random bytes, wrong types, huge numbers, tricks with paths, slow bodies, hang-ups. A
 * failure is an answer of 500 or above (503 says that a limit was met), none at all, or a server that has ended.
 */
export function fuzzServer(options: CampaignOptions & { count: number }) {
  return inFolder("fuzz-server", options.log, async (folder) => {
    const { count, seed, log } = options;
    const limits = ["--max-evaluations", "8", "--max-count", "4", "--max-body", "65536", "--max-seconds", "30"];
    const child = spawn(process.execPath, [main, "serve", ...MODELS, "--port", "0", "--threads", "1", ...limits], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [said, ended] = ["", false];
    child.stderr.on("data", (chunk) => (said = (said + chunk).slice(-20_000)));
    child.on("exit", () => (ended = true));
    const address = await new Promise<string>((done) => child.stdout.once("data", (text) => done(String(text).trim())));
    const port = Number(new URL(address).port);
    const failures: string[] = [];
    const statuses: Record<string, number> = {};
    let tried = 0;
    const random = new Random(seed, "server");
    const work = async () => {
      while (tried < count && !ended && timeLeft(options)) {
        const own = random.split(tried++);
        const attack = attacks[own.integer(attacks.length)](own);
        const status = await send(port, attack);
        statuses[status] = (statuses[status] ?? 0) + 1;
        const bad =
          status === "hung" || (status === "none" && !attack.rude) || (Number(status) >= 500 && status !== "503");
        if (bad)
          log(
            failures[failures.push(`${status}: ${JSON.stringify(attack.bytes.toString("latin1").slice(0, 300))}`) - 1],
          );
        if (tried % 1000 === 0) log(`${tried} requests, answers ${JSON.stringify(statuses)}`);
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
    if (ended) failures.push(`The server has ended: ${said.slice(-2000)}`);
    const alive = await fetch(`${address}/healthz`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (!alive) failures.push("The server does not answer any more.");
    const drawing = await fetch(`${address}/v1/sample`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: MODELS[0] }),
    }).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (!drawing) failures.push("The server does not draw any more.");
    child.kill("SIGTERM");
    log(`answers ${JSON.stringify(statuses)}`);
    return { tried, failures };
  });
}

interface Attack {
  readonly bytes: Buffer;
  /** Sent in so many pieces, a few milliseconds apart. */
  readonly pieces?: number;
  /** No answer can be expected. */
  readonly rude?: boolean;
  /** Hangs up so many milliseconds after it has sent everything. */
  readonly leave?: number;
}

/** Sends bytes, and gives the status of the first answer; "none" where the connection ends without one. */
function send(port: number, { bytes, pieces = 1, leave }: Attack): Promise<string> {
  return new Promise((done) => {
    let all = "";
    const socket = connect(port, "127.0.0.1");
    const watchdog = setTimeout(() => finish("hung"), HANG);
    const finish = (status: string) => {
      clearTimeout(watchdog);
      socket.destroy();
      done(status);
    };
    const answered = () => /^HTTP\/1\.1 (\d{3})/.exec(all)?.[1] ?? "none";
    socket.on("data", (chunk) => {
      if (all.length < 4096) all += chunk.toString("latin1");
      if (leave === undefined && answered() !== "none" && answered() !== "100") finish(answered());
    });
    socket.on("error", () => finish(answered())).on("close", () => finish(answered()));
    socket.on("connect", async () => {
      const size = Math.ceil(bytes.length / pieces);
      for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
        socket.write(bytes.subarray(at, at + size));
        if (pieces > 1) await new Promise((later) => setTimeout(later, 3));
      }
      if (leave !== undefined) setTimeout(() => finish(answered() === "none" ? "left" : answered()), leave);
    });
  });
}

const PATHS = [
  ...["/v1/sample", "/v1/images/generations", "/v1/images/edits", "/v1/models", "/v1/models/drifting-fashion"],
  ...["/v2", "/v2/models/duo-names", "/v2/models/duo-names/infer", "/v2/models/sphere-fashion/infer", "/metrics"],
  ...["/models/index.json", "/models/duo-names/config.json", "/docs/", "/docs/static/index.css", "/openapi.json", "/"],
];
const TRICKS = [
  ...[
    "../",
    "..%2f",
    "%2e%2e/",
    "..\\",
    "%00",
    "//",
    "/./",
    "%c0%ae%c0%ae/",
    "%",
    "%zz",
    "?",
    "#",
    ";",
    "~",
    "\u00e9",
    "%u002e",
    "..%252f",
  ],
  ...[
    "etc/passwd",
    "proc/self/environ",
    "package.json",
    "C:\\",
    "file:///",
    "*",
    "__proto__",
    "constructor",
    "x".repeat(3000),
  ],
];
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "CONNECT", "PRI", "get", "X"];
const VALUES: readonly unknown[] = [
  ...[
    0,
    1,
    -1,
    2,
    1e9,
    1e308,
    -1e308,
    2 ** 53,
    0.5,
    1e-320,
    true,
    false,
    null,
    "",
    "coat",
    "9",
    "NaN",
    "\u0000",
    "\ud800",
    "x".repeat(999),
  ],
  ...[
    [],
    [[]],
    {},
    [1, 2, 3, 4],
    ["coat", 3],
    { on: 1, off: 0 },
    { __proto__: 1 },
    [[[[[[]]]]]],
    "2x2",
    "28x28",
    "56x56",
    "png",
    "b64_json",
  ],
];
const FIELDS = [
  ...[
    "count",
    "label",
    "guidance",
    "seed",
    "steps",
    "style",
    "sampler",
    "nucleus",
    "final",
    "prompt",
    "template",
    "blank",
    "kappa",
    "eta",
  ],
  ...[
    "window",
    "n",
    "size",
    "response_format",
    "output_format",
    "stream",
    "partial_images",
    "shareNoise",
    "schedule",
    "guidanceAt",
  ],
  ...["quality", "user", "noise", "given", "__proto__", "constructor", "toString", "length", "overlap"],
];
const TYPES = [
  "application/json",
  "text/plain",
  "multipart/form-data",
  "multipart/form-data; boundary=b",
  "application/octet-stream",
  "a/b/c",
  "",
  "application/json; charset=utf-16",
];
const ACCEPTS = [
  "*/*",
  "image/png",
  "application/json",
  "text/event-stream",
  "text/plain",
  "image/webp, image/*;q=0.1",
  ";;;,,,",
  "q=1",
];

const pick = <T>(random: Random, all: readonly T[]): T => all[random.integer(all.length)];
const http = (
  method: string,
  path: string,
  headers: Record<string, string | number>,
  body: Buffer | string = "",
): Buffer =>
  Buffer.concat([
    Buffer.from(
      `${method} ${path} HTTP/1.1\r\n${Object.entries({ host: "localhost", connection: "close", ...headers })
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("")}\r\n`,
      "latin1",
    ),
    Buffer.from(body as string),
  ]);
const bytes = (random: Random, most: number): Buffer =>
  Buffer.from(Array.from({ length: random.integer(most) }, () => random.integer(256)));
const posted = (random: Random, path: string, body: string | Buffer, more: Record<string, string> = {}): Buffer =>
  http(
    "POST",
    path,
    {
      "content-type": "application/json",
      accept: pick(random, ACCEPTS),
      "content-length": Buffer.byteLength(body),
      ...more,
    },
    body,
  );

/** A request that is nearly right. */
function nearly(random: Random): { path: string; body: string } {
  const path = pick(random, PATHS.slice(0, 3).concat(PATHS.slice(7, 9)));
  const fields = Array.from({ length: random.integer(5) }, () => [pick(random, FIELDS), pick(random, VALUES)]);
  const model = random.uniform() < 0.9 ? pick(random, MODELS) : pick(random, VALUES);
  if (!path.endsWith("/infer")) return { path, body: JSON.stringify({ model, ...Object.fromEntries(fields) }) };
  const inputs = Array.from({ length: random.integer(3) }, () => ({
    name: pick(random, ["seed", "noise", "label", "guidance", "colour"]),
    datatype: pick(random, ["INT64", "FP32", "INT32", "BYTES", "FP16", 3]),
    shape: pick<unknown>(random, [[1], [1, 1], [2], [0], [-1], [1e18], "x", [1, 32], []]),
    data: pick<unknown>(random, [[1], [1, 2], ["coat"], [[1]], Array(32).fill(0.5), "x", null, [1e308]]),
    ...(random.uniform() < 0.2 && {
      parameters: pick<unknown>(random, [{ binary_data_size: 8 }, { binary_data_size: -1 }, 1]),
    }),
  }));
  return {
    path,
    body: JSON.stringify({
      inputs,
      parameters: Object.fromEntries(fields),
      outputs: pick<unknown>(random, [undefined, [], [{ name: "images" }], [null], 3]),
    }),
  };
}

/** A form with random parts. */
function form(random: Random): Buffer {
  const part = () => {
    const name = pick(random, [
      "image",
      "image[]",
      "mask",
      "model",
      "prompt",
      "n",
      "edit",
      "resize",
      "angle",
      "__proto__",
      "x",
    ]);
    const file =
      random.uniform() < 0.5 ? `; filename="${pick(random, ["a.png", "../../a", ""])}"\r\ncontent-type: image/png` : "";
    const body =
      random.uniform() < 0.5 ? bytes(random, 300) : Buffer.from(String(pick(random, [...MODELS, "true", "3", "vary"])));
    return Buffer.concat([
      Buffer.from(`--b\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n`),
      body,
      Buffer.from("\r\n"),
    ]);
  };
  const model = Buffer.from('--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nsphere-fashion\r\n');
  const end = random.uniform() < 0.9 ? "--b--\r\n" : "";
  return Buffer.concat([model, ...Array.from({ length: random.integer(5) }, part), Buffer.from(end)]);
}

const attacks: readonly ((random: Random) => Attack)[] = [
  (random) => ({ bytes: bytes(random, 2000), rude: true, leave: 50 }),
  (random) => {
    const { path, body } = nearly(random);
    return { bytes: posted(random, path, body) };
  },
  (random) => {
    const { path, body } = nearly(random);
    return { bytes: posted(random, path, body) };
  },
  (random) => {
    const { path, body } = nearly(random);
    return { bytes: posted(random, path, body), leave: random.integer(40), rude: true };
  },
  (random) => {
    const { path, body } = nearly(random);
    return { bytes: posted(random, path, body), pieces: 1 + random.integer(20) };
  },
  (random) => {
    const { path, body } = nearly(random);
    const broken = Buffer.from(body);
    for (let i = 0; i < 3; i++) if (broken.length > 0) broken[random.integer(broken.length)] = random.integer(256);
    return { bytes: posted(random, path, broken, { "content-type": pick(random, TYPES) }) };
  },
  (random) => {
    const path = `${pick(random, PATHS)}${Array.from({ length: random.integer(4) }, () => pick(random, TRICKS)).join("")}`;
    return {
      bytes: http(pick(random, METHODS), path.replaceAll(" ", "%20"), { accept: pick(random, ACCEPTS) }),
      rude: true,
      leave: 1500,
    };
  },
  (random) => {
    const body = form(random);
    return {
      bytes: posted(random, "/v1/images/edits", body, {
        "content-type": pick(random, TYPES.slice(2, 4).concat(TYPES[3])),
      }),
    };
  },
  (random) => {
    const { path, body } = nearly(random);
    const length = pick<string>(random, ["-1", "0", "1e9", "5", "99999", "999999999999", "x"]);
    return { bytes: posted(random, path, body, { "content-length": length }), rude: true, leave: 50 };
  },
  (random) => {
    const { path, body } = nearly(random);
    const more = {
      "inference-header-content-length": pick<string>(random, ["-1", "3", "1e9", "x", String(body.length)]),
    };
    return { bytes: posted(random, path, body, more) };
  },
  (random) => {
    const headers = {
      [pick(random, [
        "host",
        "origin",
        "authorization",
        "accept",
        "cookie",
        "range",
        "if-none-match",
        "transfer-encoding",
        "expect",
      ])]: pick(random, ["", "evil.example", "x".repeat(9000), "bytes=-1", "chunked", "\u00ff", "100-continue", "*"]),
    };
    return { bytes: http("GET", pick(random, PATHS), headers), rude: true };
  },
  (random) => ({
    bytes: posted(random, pick(random, PATHS.slice(0, 2)), `{"model":${"[".repeat(1 + random.integer(30_000))}`),
  }),
];

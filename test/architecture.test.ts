import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const src = resolve(import.meta.dirname, "../src");

/** Rooms from the ground up; a room may import from its own level or below, never from above. */
const LEVELS: Record<string, number> = {
  tensor: 0,
  random: 0,
  motion: 0,
  audio: 0,
  runtime: 1,
  nn: 2,
  optim: 2,
  io: 3,
  data: 3,
  metrics: 3,
  media: 3,
  train: 4,
  networks: 4,
  models: 4,
  recipes: 5,
  judges: 5,
  methods: 6,
  loops: 7,
  web: 7,
  server: 8,
  cli: 8,
};

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : path.endsWith(".ts") ? [path] : [];
  });

const roomOf = (path: string): string | null => {
  const [room, ...rest] = relative(src, path).split("/");
  return rest.length > 0 ? room : null; // the package's entry points stand above all rooms
};

interface Import {
  from: string;
  to: string;
}
const imports: Import[] = files(src).flatMap((from) =>
  [...readFileSync(from, "utf8").matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g)].map(([, target]) => ({
    from,
    to: resolve(dirname(from), target),
  })),
);

test("every room is known", () => {
  const rooms = new Set(
    files(src)
      .map(roomOf)
      .filter((room) => room !== null),
  );
  expect([...rooms].filter((room) => !(room in LEVELS))).toEqual([]);
});

test("imports point downward only", () => {
  const upward = imports.filter(({ from, to }) => {
    const [room, target] = [roomOf(from), roomOf(to)];
    return room !== null && target !== null && room !== target && LEVELS[target] > LEVELS[room];
  });
  expect(upward.map(({ from, to }) => `${relative(src, from)} imports ${relative(src, to)}`)).toEqual([]);
});

test("tensor is pure: it imports nothing but itself", () => {
  const outside = files(join(src, "tensor")).flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/from\s+["']([^"']+)["']/g)]
      .filter(([, target]) => !target.startsWith("."))
      .map(([, target]) => `${relative(src, path)} imports ${target}`),
  );
  expect(outside).toEqual([]);
});

test("code that runs in the browser imports no Node module statically", () => {
  const rooms = ["tensor", "random", "audio", "runtime", "nn", "optim", "metrics"];
  const found = rooms
    .flatMap((room) => files(join(src, room)))
    .filter((path) => /^import .*["']node:/m.test(readFileSync(path, "utf8")))
    .map((path) => relative(src, path));
  expect(found.filter((path) => !/runtime\/(doctor|native|start-thread|thread|worker)/.test(path))).toEqual([]);
});

test("methods do not import each other: what several use stands in recipes, networks or models", () => {
  const methodOf = (path: string) => {
    const parts = relative(join(src, "methods"), path).split("/");
    return parts[0].startsWith("..") || parts.length < 2 ? null : parts[0];
  };
  const crossed = imports.filter(({ from, to }) => {
    const [a, b] = [methodOf(from), methodOf(to)];
    return a !== null && b !== null && a !== b;
  });
  expect(crossed.map(({ from, to }) => `${relative(src, from)} imports ${relative(src, to)}`)).toEqual([]);
});

test("no files import each other in a circle", () => {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) {
    const file = to.replace(/\.js$/, ".ts");
    targets.set(from, [...(targets.get(from) ?? []), file]);
  }
  const [open, done] = [new Set<string>(), new Set<string>()];
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (open.has(file))
      circles.push([...path.slice(path.indexOf(file)), file].map((f) => relative(src, f)).join(" → "));
    if (open.has(file) || done.has(file)) return;
    open.add(file);
    for (const next of targets.get(file) ?? []) visit(next, [...path, file]);
    open.delete(file);
    done.add(file);
  };
  for (const file of files(src)) visit(file, []);
  expect(circles).toEqual([]);
});

test("methods are a quarter of the house at most", () => {
  const lines = (folder: string) =>
    files(folder).reduce((sum, file) => sum + readFileSync(file, "utf8").split("\n").length - 1, 0);
  expect(lines(join(src, "methods")) / lines(src)).toBeLessThanOrEqual(0.25);
});

test("every method that draws has the same rooms", () => {
  const rooms = ["shape", "settings", "options", "network", "model", "method", "train"];
  const folders = readdirSync(join(src, "methods"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const missing = folders.flatMap(({ name }) =>
    rooms.filter((room) => !existsSync(join(src, "methods", name, `${room}.ts`))).map((room) => `${name}/${room}.ts`),
  );
  expect(missing).toEqual([]);
});

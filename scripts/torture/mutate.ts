import type { Random } from "../../src/random/index.js";

/**
 * A JSON value as text that may hold what `JSON.stringify` cannot write: numbers such as 1e999, `__proto__`, any depth.
 */
const junk: readonly ((random: Random) => string)[] = [
  () => "null",
  () => "true",
  () => '""',
  () => '"NaN"',
  () => "[]",
  () => "{}",
  () => "[null]",
  () => '{"toString":1,"valueOf":1}',
  () => '{"__proto__":{"hidden":3}}',
  () => '{"constructor":{"prototype":{"x":1}},"length":2}',
  () => "-1",
  () => "0",
  () => "-0",
  () => "0.5",
  () => "1e999",
  () => "-1e999",
  () => "1e308",
  () => "1e-300",
  () => "2147483648",
  () => "4294967296",
  () => "9007199254740993",
  () => "65536",
  () => "1000000",
  (random) => String(random.integer(10)),
  (random) => String(4 * random.integer(64)),
  (random) => String(random.integer(1e9)),
  (random) => `"${"x".repeat(random.integer(20_000))}"`,
  (random) => `${"[".repeat(20_000 + random.integer(9))}${"]".repeat(1)}`,
  () => `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  () => `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`,
  (random) => `[${new Array(1 + random.integer(500)).fill(1).join(",")}]`,
  () => '"\\u0000\\ud800"',
];

const KEYS = ["__proto__", "constructor", "toString", "hasOwnProperty", "extra", "0", "", "shape"];

type Path = readonly (string | number)[];

function* paths(value: unknown, at: Path = []): Generator<Path> {
  yield at;
  if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value))
      yield* paths(inner, [...at, Array.isArray(value) ? Number(key) : key]);
}

const valueAt = (value: any, path: Path): any => path.reduce((inner, key) => inner[key], value);

/** A marker that is replaced in the written JSON; Object.defineProperty keeps `__proto__` an own key. */
function put(holder: any, key: string | number, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/**
 * A JSON document with one to three faults, as text, and in words what was done. `focus` limits them to what lies below
 * a key.
 */
export function mutated(
  document: unknown,
  random: Random,
  focus?: (path: Path) => boolean,
): { text: string; what: string } {
  const copy = structuredClone(document) as any;
  const done: string[] = [];
  const inserts: string[] = [];
  const times = 1 + (random.integer(4) === 0 ? random.integer(3) : 0);
  const insert = (): string => {
    inserts.push(random.choice(junk)(random));
    return `@junk${inserts.length - 1}@`;
  };
  for (let i = 0; i < times; i++) {
    const all = [...paths(copy)].filter((path) => path.length > 0 && (!focus || focus(path)));
    if (all.length === 0) break;
    const path = random.choice(all);
    const holder = valueAt(copy, path.slice(0, -1));
    const key = path.at(-1)!;
    const value = holder[key];
    const action = random.integer(8);
    if (action === 0) {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      done.push(`no ${path.join(".")}`);
    } else if (action === 1) {
      if (Array.isArray(holder)) holder.push(value);
      else put(holder, random.choice(KEYS), random.integer(2) ? insert() : value);
      done.push(`beside ${path.join(".")}`);
    } else if (action === 2) {
      const other = random.choice(all);
      put(holder, key, structuredClone(valueAt(copy, other)));
      done.push(`${other.join(".")} to ${path.join(".")}`);
    } else if (action === 3 && typeof value === "number") {
      put(holder, key, random.choice([value + 1, value - 1, 2 * value, value / 2, -value, value * 1e6, value + 0.5]));
      done.push(`${path.join(".")} = ${holder[key]}`);
    } else {
      put(holder, key, insert());
      done.push(`${path.join(".")} = ${inserts.at(-1)!.slice(0, 30)}`);
    }
  }
  let text = JSON.stringify(copy).replace(/"@junk(\d+)@"/g, (_, i) => inserts[Number(i)]);
  const damage = random.integer(30);
  if (damage === 0) text = text.slice(0, random.integer(text.length + 1));
  if (damage === 1) {
    const at = random.integer(text.length);
    text = `${text.slice(0, at)}${String.fromCharCode(random.integer(0x3000))}${text.slice(at + 1)}`;
  }
  return { text, what: done.join(", ") };
}

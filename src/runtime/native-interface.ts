import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** An address among the runtime's. */
export type Address = bigint;

/** Functions of the native runtime, by their names in `onnxruntime_c_api.h`. @throws what it says where one fails */
export interface CInterface {
  call(name: keyof typeof FUNCTIONS, ...values: unknown[]): void;
  /** What a function makes, whose address it puts where its last parameter says. */
  made(name: keyof typeof FUNCTIONS, ...values: unknown[]): Address;
  release(what: keyof typeof RELEASES, address: Address): void;
  addressOf(bytes: ArrayBuffer): Address;
  environment: Address;
  /** What describes memory of the processor. */
  memory: Address;
}

const [P, TEXT, TEXTS, INT, SIZE] = ["void *", "const char *", "const char **", "int", "size_t"];

/** Places in the runtime's table of functions, which only ever grows at its end, and what they take. */
const FUNCTIONS = {
  CreateEnv: [3, INT, TEXT, P],
  CreateSessionFromArray: [8, P, P, SIZE, P, P],
  Run: [9, P, P, TEXTS, P, SIZE, TEXTS, SIZE, P],
  CreateSessionOptions: [10, P],
  DisableMemPattern: [17, P],
  SetSessionLogSeverityLevel: [22, P, INT],
  SetSessionGraphOptimizationLevel: [23, P, INT],
  SetIntraOpNumThreads: [24, P, INT],
  CreateTensorWithDataAsOrtValue: [49, P, P, SIZE, P, SIZE, INT, P],
  CreateCpuMemoryInfo: [69, INT, INT, P],
  AddSessionConfigEntry: [130, P, TEXT, TEXT],
} as const;
const RELEASES = { Status: 93, Session: 95, Value: 96, SessionOptions: 100 } as const;
const GET_ERROR_MESSAGE = 2;
/** The first version that has all of these. */
const VERSION = 8;

let bound: Promise<CInterface | null> | undefined;

/** Null where the native runtime's library is not found, or koffi is not, which calls it. */
export const cInterface = (): Promise<CInterface | null> => (bound ??= bind().catch(() => null));

async function bind(): Promise<CInterface> {
  const { default: koffi } = await import("koffi");
  const at = (table: unknown, place: number, result: string, parameters: readonly string[]) =>
    koffi.decode(koffi.decode(table, place * 8, P), koffi.proto(result, [...parameters]));
  const table = at(koffi.load(libraryFile()).func("OrtGetApiBase", P, [])(), 0, P, ["uint32_t"])(VERSION);
  const message = at(table, GET_ERROR_MESSAGE, TEXT, [P]);
  const releases = mapped(RELEASES, (place) => at(table, place, "void", [P]));
  const functions = mapped(FUNCTIONS, ([place, ...parameters]) => at(table, place, P, parameters));
  const call: CInterface["call"] = (name, ...values) => {
    const status = functions[name](...values);
    if (!status) return;
    const text: string = message(status);
    releases.Status(status);
    throw new Error(text);
  };
  const made: CInterface["made"] = (name, ...values) => {
    const place = new BigUint64Array(1);
    call(name, ...values, place);
    return place[0];
  };
  const environment = made("CreateEnv", 3, "fewstep");
  const memory = made("CreateCpuMemoryInfo", 1, 0);
  const addressOf = (bytes: ArrayBuffer) => koffi.address(bytes);
  return { call, made, release: (what, address) => releases[what](address), addressOf, environment, memory };
}

const mapped = <K extends string, V, R>(record: Record<K, V>, map: (value: V) => R) =>
  Object.fromEntries(Object.entries<V>(record).map(([name, value]) => [name, map(value)])) as Record<K, R>;

/** The package's library, which it has loaded, and which is loaded once. @throws where there is none */
function libraryFile(): string {
  const main = createRequire(import.meta.url).resolve("onnxruntime-node");
  const folder = fileURLToPath(new URL("../bin/", pathToFileURL(main)));
  const own = join(process.platform, process.arch);
  const name = readdirSync(folder, { recursive: true })
    .map(String)
    .find((name) => name.includes(own) && /onnxruntime(\.[\d.]+)?\.(so|dylib|dll)(\.\d+)*$/.test(name));
  if (name === undefined) throw new Error(`There is no library for ${own} in ${folder}.`);
  return join(folder, name);
}

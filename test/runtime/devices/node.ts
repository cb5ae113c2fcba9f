import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type DeviceName, resolveRuntime } from "../../../src/runtime/index.js";
import { runCases } from "./cases.js";

/** Runs every case on a device of Node and writes the results as JSON: node.ts --device webgpu --out file.json */
const { values } = parseArgs({ options: { device: { type: "string" }, out: { type: "string" } } });
const results = await runCases(values.device as DeviceName);
const auto = (await resolveRuntime("auto")).device;
writeFileSync(values.out!, JSON.stringify({ results, auto }));

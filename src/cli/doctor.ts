import { inspectMachine } from "../runtime/doctor.js";
import { printJson, printTable } from "./output.js";

/** Prints what this machine has to compute with. */
export async function doctorCommand({ json }: { json?: boolean }): Promise<void> {
  const facts = await inspectMachine();
  if (json) printJson(facts);
  else
    printTable(
      ["", "found"],
      Object.entries(facts).map(([name, value]) => [name, readable(value)]),
    );
}

/** One line per entry. */
function readable(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map((item) => readable(item).replaceAll("\n", ", ")).join("\n") || "none";
  return Object.entries(value)
    .map(([name, item]) => `${name}: ${readable(item).replaceAll("\n", ", ")}`)
    .join("\n");
}

import { inspectMachine } from "../runtime/doctor.js";
import { printJson, printTable } from "./output.js";

/** Prints what this machine has to compute with. */
export async function doctorCommand({ json }: { json?: boolean }): Promise<void> {
  const facts = await inspectMachine();
  if (json) return printJson(facts);
  const rows = Object.entries(facts).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value, null, 1),
  ]);
  printTable(["", "found"], rows);
}

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("fixtures/interrupted.ts", import.meta.url));

test.each([
  ["nothing", [], 0, "undisturbed"],
  ["Ctrl-C", ["SIGINT:0"], 0, "announced saved"],
  ["SIGTERM", ["SIGTERM:0"], 0, "announced saved"],
  ["a closed terminal", ["SIGHUP:0", "SIGHUP:0", "SIGHUP:600"], 0, "announced saved"],
  ["a service that is stopped", ["SIGTERM:0", "SIGHUP:0", "SIGTERM:600"], 0, "announced saved"],
  ["Ctrl-C that npm passes on once more", ["SIGINT:0", "SIGINT:0"], 0, "announced saved"],
  ["a second Ctrl-C", ["SIGINT:0", "SIGINT:600"], 130, "announced"],
  ["Ctrl-C after SIGTERM", ["SIGTERM:0", "SIGINT:600"], 130, "announced"],
] as const)("%s", async (_, signals, code, told) => {
  const child = spawn(process.execPath, ["--import", "tsx", script, ...signals]);
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  expect(await new Promise((done) => child.on("close", done))).toBe(code);
  expect(output.trim().split("\n").join(" ")).toBe(told);
});

test("output whose readers have gone", async () => {
  const child = spawn(process.execPath, ["--import", "tsx", script, "SIGINT:0"]);
  child.stdout.destroy();
  child.stderr.destroy();
  expect(await new Promise((done) => child.on("close", (code, signal) => done({ code, signal })))).toEqual({
    code: 0,
    signal: null,
  });
});

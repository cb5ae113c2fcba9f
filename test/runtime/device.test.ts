import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { findBrowser } from "../../src/runtime/browser.js";
import { inspectMachine } from "../../src/runtime/doctor.js";
import { deviceNames, resolveRuntime } from "../../src/runtime/index.js";

test("an unknown device is refused with those that exist", async () => {
  await expect(resolveRuntime("tpu" as never)).rejects.toThrow(
    'no device "tpu"; choose "auto" or one of cpu, webgpu, cuda, coreml, dml, wasm',
  );
});

test.skipIf(process.platform === "darwin")(
  "a device that this machine lacks is refused with what is missing and what there is",
  async () => {
    await expect(resolveRuntime("coreml")).rejects.toThrow(
      /The device "coreml" is not available here: .*macOS.*Available: .*cpu, wasm/,
    );
  },
);

test("without the native package everything runs on WASM", async () => {
  const script = new URL("./fixtures/no-native.ts", import.meta.url).pathname;
  const env = { ...process.env, FEWSTEP_NO_NATIVE: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script], { env });
  const { device, y, refused, worker } = JSON.parse(stdout);
  expect({ device, y, worker }).toEqual({ device: "wasm", y: [2, 4], worker: [2, 4] });
  expect(refused).toMatch(/The device "cpu" is not available here: .*onnxruntime-node.*Available: wasm\./);
});

test("CHROME_PATH comes first, and one that does not exist is an error", async () => {
  const before = process.env.CHROME_PATH;
  try {
    process.env.CHROME_PATH = process.execPath;
    expect(await findBrowser()).toEqual({ path: process.execPath, from: "CHROME_PATH" });
    process.env.CHROME_PATH = "/no/such/browser";
    await expect(findBrowser()).rejects.toThrow('CHROME_PATH is "/no/such/browser", which does not exist.');
  } finally {
    if (before === undefined) delete process.env.CHROME_PATH;
    else process.env.CHROME_PATH = before;
  }
});

test("the doctor's facts survive JSON and agree with the runtime", async () => {
  const facts = await inspectMachine();
  expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
  expect(Object.keys(facts.devices)).toEqual([...deviceNames]);
  expect(facts.devices.wasm).toBe("ok");
  expect(facts.devices.cpu).toBe("ok");
  expect(facts.runtimes["onnxruntime-web"]).toMatch(/^\d+\.\d+\.\d+/);
  expect(facts.auto).toBe((await resolveRuntime("auto")).device);
  if (facts.gpus.every(({ software }) => software)) expect(facts.auto).toBe("cpu");
});

import { expect, test } from "vitest";
import { fuzzConfigs } from "../../scripts/torture/fuzz-configs.js";

test("damaged models are refused with a sentence, or work", async () => {
  const { tried, failures } = await fuzzConfigs({ count: 300, seed: 7, log: () => {} });
  expect(failures).toEqual([]);
  expect(tried).toBe(300);
});

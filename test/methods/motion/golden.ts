import { readFileSync } from "node:fs";
import * as nn from "../../../src/nn/index.js";

/** What the NumPy networks beside the file give. */
export const golden = JSON.parse(
  readFileSync(new URL("../../goldens/motion-method/motion-method.json", import.meta.url), "utf8"),
);

/** Numbers of deviation `scale` around `mean`, drawn as make_motion_method.py draws those of that name. */
export function drawn(name: string, count: number, scale = 1, mean = 0): Float32Array {
  let state = (([...name].reduce((sum, c, i) => sum + (i + 1) * c.charCodeAt(0), 0) * 7919) % 2147483646) + 1;
  return Float32Array.from({ length: count }, () => {
    state = Number((BigInt(state) * 48271n) % 2147483647n);
    return mean + scale * Math.sqrt(12) * (state / 2147483647 - 0.5);
  });
}

/** Gives a network the weights that the script draws, by name. */
export function drawWeights(net: nn.Parameterized): void {
  for (const { name, parameter, size } of nn.view(net).entries)
    parameter.value!.set(drawn(name, size, 0.3, /[nN]orm\d?\.weight$/.test(name) ? 1 : 0));
}

import { defaultDevice, init, jit, lax, nn, numpy as np } from "@jax-js/jax";
import { inputsOf, readWeights, timed } from "./page.mjs";

/* The generator of drifting-fashion in jax-js on its WASM back end, compiled as a whole. An array is used up by the function it is given to. */
globalThis.measure = async ({ times, asked }) => {
  await init("wasm");
  defaultDevice("wasm");
  const weights = await readWeights();
  const given = inputsOf(weights, asked);
  const names = Object.keys(weights);
  const values = names.map((name) => {
    const { shape, data } = weights[name];
    return np.array(data).reshape(/conv\d\.bias/.test(name) ? [1, shape[0], 1, 1] : shape);
  });
  const normed = (x) => {
    const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
    return centred.mul(np.reciprocal(np.sqrt(variance.add(1e-5))));
  };
  const network = jit((p, noise, base, strength, extra) => {
    const of = (name) => p[names.indexOf(name)].ref;
    const linear = (x, name) => np.matmul(x, of(`${name}.weight`)).add(of(`${name}.bias`));
    const conv = (x, name) =>
      lax
        .convGeneralDilated(
          x,
          of(`${name}.weight`),
          [1, 1],
          [
            [1, 1],
            [1, 1],
          ],
        )
        .add(of(`${name}.bias`));
    const larger = (x) => {
      const [, c, h, w] = x.shape;
      return np.transpose(x.reshape([1, c / 4, 2, 2, h, w]), [0, 1, 4, 2, 5, 3]).reshape([1, c / 4, 2 * h, 2 * w]);
    };
    const at = "generator.conditioning.strength";
    const condition = nn.silu(base.add(linear(nn.silu(linear(strength, `${at}.0`)), `${at}.2`)));
    let h = linear(noise, "generator.mlp.first").add(extra);
    for (let i = 0; i < 3; i++) {
      const block = `generator.mlp.blocks.${i}`;
      const [a, b, g] = np.split(linear(condition.ref, `${block}.modulation`), 3, 1);
      const inner = normed(h.ref).mul(a.add(1)).add(b);
      h = h.add(linear(nn.silu(linear(inner, `${block}.first`)), `${block}.second`).mul(g.add(1)));
    }
    condition.dispose();
    const latent = linear(nn.silu(h), "generator.mlp.last").mul(of("scale")).add(of("shift"));
    const flat = nn.silu(linear(nn.silu(linear(latent, "decode.linear1")), "decode.linear2"));
    const half = nn.silu(larger(conv(flat.reshape([1, 48, 7, 7]), "decode.conv1")));
    const full = nn.silu(larger(conv(half, "decode.conv2")));
    return np.clip(conv(full, "decode.conv3"), -1, 1);
  });
  const rows = () =>
    ["noise", "base", "strength", "extra"].map((name) => np.array(given[name]).reshape([1, given[name].length]));
  const draw = () =>
    network(
      values.map((value) => value.ref),
      ...rows(),
    ).data();
  return { ...(await timed(draw, times)), threads: 1 };
};

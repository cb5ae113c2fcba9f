import * as tf from "@tensorflow/tfjs";
import * as wasm from "@tensorflow/tfjs-backend-wasm";
import { inputsOf, readWeights, timed } from "./page.mjs";

/* The generator of drifting-fashion in TensorFlow.js on its WASM back end, with as many threads as it is allowed. */
globalThis.measure = async ({ threads, times, asked }) => {
  wasm.setWasmPaths("/tfjs/");
  wasm.setThreadsCount(threads);
  await tf.setBackend("wasm");
  await tf.ready();
  const weights = await readWeights();
  const given = inputsOf(weights, asked);
  const values = Object.fromEntries(
    Object.entries(weights).map(([name, { shape, data }]) => {
      const tensor = tf.tensor(data, shape);
      return [name, shape.length === 4 ? tf.transpose(tensor, [2, 3, 1, 0]) : tensor];
    }),
  );
  // Its `depthToSpace` has the block before the channels, the model's behind: the outputs before it are put in order once
  for (const name of ["decode.conv1", "decode.conv2"]) {
    const channels = values[`${name}.bias`].shape[0];
    const order = Array.from({ length: channels }, (_, i) => {
      const own = channels / 4;
      return 4 * (i % own) + Math.floor(i / own);
    });
    values[`${name}.bias`] = tf.gather(values[`${name}.bias`], order);
    values[`${name}.weight`] = tf.gather(values[`${name}.weight`], order, 3);
  }
  const linear = (x, name) => tf.add(tf.matMul(x, values[`${name}.weight`]), values[`${name}.bias`]);
  const conv = (x, name) => tf.add(tf.conv2d(x, values[`${name}.weight`], 1, "same"), values[`${name}.bias`]);
  const silu = (x) => tf.mul(x, tf.sigmoid(x));
  const normed = (x) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5)));
  };
  const network = ({ noise, base, strength, extra }) => {
    const at = "generator.conditioning.strength";
    const condition = silu(tf.add(base, linear(silu(linear(strength, `${at}.0`)), `${at}.2`)));
    let h = tf.add(linear(noise, "generator.mlp.first"), extra);
    for (let i = 0; i < 3; i++) {
      const block = `generator.mlp.blocks.${i}`;
      const [a, b, g] = tf.split(linear(condition, `${block}.modulation`), 3, 1);
      const inner = tf.add(tf.mul(normed(h), tf.add(a, 1)), b);
      h = tf.add(h, tf.mul(linear(silu(linear(inner, `${block}.first`)), `${block}.second`), tf.add(g, 1)));
    }
    const latent = tf.add(tf.mul(linear(silu(h), "generator.mlp.last"), values.scale), values.shift);
    const flat = silu(linear(silu(linear(latent, "decode.linear1")), "decode.linear2"));
    const spatial = tf.transpose(tf.reshape(flat, [1, 48, 7, 7]), [0, 2, 3, 1]);
    const half = silu(tf.depthToSpace(conv(spatial, "decode.conv1"), 2, "NHWC"));
    const full = silu(tf.depthToSpace(conv(half, "decode.conv2"), 2, "NHWC"));
    return tf.clipByValue(conv(full, "decode.conv3"), -1, 1);
  };
  const draw = async () => {
    const out = tf.tidy(() =>
      network(Object.fromEntries(Object.entries(given).map(([name, row]) => [name, tf.tensor(row, [1, row.length])]))),
    );
    const pixels = await out.data();
    out.dispose();
    return pixels;
  };
  return { ...(await timed(draw, times)), threads: wasm.getThreadsCount() };
};

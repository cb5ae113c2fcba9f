import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { noise, product, serve } from "./serve.mjs";

/*
 * TensorFlow.js on its WASM back end. As shipped it cannot train a convolution there (no Conv2DBackpropFilter) and multiplies
 * transposed matrices ten times slower than plain ones, so the products' gradients are written by hand.
 */
serve(async () => {
  const require = createRequire(import.meta.url);
  const tf = require("@tensorflow/tfjs");
  const wasm = require("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(`${join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist")}/`);
  await tf.setBackend("wasm");
  await tf.ready();

  const swap = (t) => tf.transpose(t, [...t.shape.keys()].slice(0, -2).concat(t.rank - 1, t.rank - 2));
  const matmul = tf.customGrad((a, b, save) => {
    save([a, b]);
    return {
      value: tf.matMul(a, b),
      gradFunc: (d, [a, b]) => [tf.matMul(d, swap(b)), tf.matMul(swap(a), d)],
    };
  });
  /** Gradient [k, k, C, O] of a convolution's filter: a convolution of x [N, H, W, C] by d [N, H', W', O], batch for channels. */
  const filterGrad = (x, d, k, stride) => {
    const padded = tf.pad(x, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
    const image = tf.transpose(padded, [3, 1, 2, 0]);
    const filter = tf.transpose(d, [1, 2, 0, 3]);
    const grad = tf.conv2d(image, filter, 1, "valid", "NHWC", stride);
    return tf.transpose(tf.slice(grad, [0, 0, 0, 0], [-1, k, k, -1]), [1, 2, 0, 3]);
  };
  const conv2d = (x, w, stride) =>
    tf.customGrad((x, w, save) => {
      save([x, w]);
      return {
        value: tf.conv2d(x, w, stride, 1),
        gradFunc: (d, [x, w]) => [tf.conv2dTranspose(d, w, x.shape, stride, 1), filterGrad(x, d, w.shape[0], stride)],
      };
    })(x, w);
  /** Filter [k, k, O, C]; doubles the sides. */
  const convTranspose2d = tf.customGrad((x, w, save) => {
    save([x, w]);
    const [n, h, width] = x.shape;
    return {
      value: tf.conv2dTranspose(x, w, [n, 2 * h, 2 * width, w.shape[2]], 2, 1),
      gradFunc: (d, [x, w]) => [tf.conv2d(d, w, 2, 1), filterGrad(d, x, 4, 2)],
    };
  });

  /** `build(variable)` declares its variables and gives the forward pass. */
  const trainer = (shape, build) => () => {
    const variables = [];
    const variable = (shape, deviation = 0) => {
      const t = tf.variable(tf.tensor(noise(product(shape), deviation), shape));
      variables.push(t);
      return t;
    };
    const ones = (width) => {
      const t = variable([width]);
      t.assign(tf.ones([width]));
      return t;
    };
    const forward = build(variable, ones);
    const [x, y] = [tf.tensor(noise(product(shape)), shape), tf.tensor(noise(product(shape)), shape)];
    const optimizer = tf.train.adam(1e-4);
    const step = async () => {
      const loss = optimizer.minimize(() => tf.mean(tf.square(tf.sub(forward(x), y))), true, variables);
      const [value] = await loss.data();
      loss.dispose();
      return value;
    };
    return { step, parameters: variables.reduce((n, t) => n + t.size, 0) };
  };
  const normalize = (x, axes) => {
    const centred = tf.sub(x, tf.mean(x, axes, true));
    return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), axes, true), 1e-5)));
  };
  const silu = (x) => tf.mul(x, tf.sigmoid(x));
  const geluTanh = (x) =>
    tf.mul(
      tf.mul(x, 0.5),
      tf.add(tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.mul(x, tf.add(tf.mul(tf.square(x), 0.044715), 1)))), 1),
    );
  const linear = (variable, inputs, outputs) => {
    const [w, b] = [variable([inputs, outputs], inputs ** -0.5), variable([outputs])];
    return (x) => tf.add(matmul(x, w), b);
  };

  const trainers = {
    mlp: trainer([256, 1024], (variable) => {
      const layers = Array.from({ length: 4 }, () => linear(variable, 1024, 1024));
      return (x) => layers.reduce((h, layer, i) => layer(i === 0 ? h : silu(h)), x);
    }),
    transformer: trainer([16, 128, 256], (variable, ones) => {
      const [b, n, d, heads] = [16, 128, 256, 4];
      const norm = () => {
        const [scale, bias] = [ones(d), variable([d])];
        return (x) => tf.add(tf.mul(normalize(x, [-1]), scale), bias);
      };
      const blocks = Array.from({ length: 6 }, () => ({
        norm1: norm(),
        norm2: norm(),
        qkv: [0, 1, 2].map(() => linear(variable, d, d)),
        out: linear(variable, d, d),
        up: linear(variable, d, 4 * d),
        down: linear(variable, 4 * d, d),
      }));
      const split = (x) =>
        tf.reshape(tf.transpose(tf.reshape(x, [b, n, heads, d / heads]), [0, 2, 1, 3]), [b * heads, n, d / heads]);
      const join = (x) => tf.reshape(tf.transpose(tf.reshape(x, [b, heads, n, d / heads]), [0, 2, 1, 3]), [b * n, d]);
      return (x) => {
        const rows = blocks.reduce(
          (h, { norm1, norm2, qkv, out, up, down }) => {
            const normed = norm1(h);
            const [q, k, v] = qkv.map((project) => split(project(normed)));
            const weights = tf.softmax(tf.mul(matmul(q, swap(k)), (d / heads) ** -0.5));
            const attended = tf.add(h, out(join(matmul(weights, v))));
            return tf.add(attended, down(geluTanh(up(norm2(attended)))));
          },
          tf.reshape(x, [b * n, d]),
        );
        return tf.reshape(rows, [b, n, d]);
      };
    }),
    conv: trainer([64, 32, 32, 3], (variable, ones) => {
      const conv = (inputs, outputs, k, stride = 1) => {
        const [w, b] = [variable([k, k, inputs, outputs], (inputs * k * k) ** -0.5), variable([outputs])];
        return (x) => tf.add(conv2d(x, w, stride), b);
      };
      const up = () => {
        const [w, b] = [variable([4, 4, 64, 128], 0.03), variable([64])];
        return (x) => tf.add(convTranspose2d(x, w), b);
      };
      const norm = (channels) => {
        const [scale, bias] = [ones(channels), variable([channels])];
        return (x) => {
          const [n, h, w] = x.shape;
          const grouped = normalize(tf.reshape(x, [n, h * w, 8, channels / 8]), [1, 3]);
          return tf.add(tf.mul(tf.reshape(grouped, x.shape), scale), bias);
        };
      };
      const layers = [
        conv(3, 64, 3),
        norm(64),
        silu,
        conv(64, 128, 4, 2),
        norm(128),
        silu,
        conv(128, 128, 3),
        norm(128),
        silu,
        up(),
        norm(64),
        silu,
        conv(64, 3, 3),
      ];
      return (x) => layers.reduce((h, layer) => layer(h), x);
    }),
  };
  return { version: `${tf.version.tfjs} (WASM)`, trainers };
});

import { readFileSync } from "node:fs";
import { noise, product, serve } from "./serve.mjs";

/* jax-js on its WASM back end. An array is used up by the function it is given to; `.ref` keeps it. */
serve(async () => {
  const { init, defaultDevice, jit, valueAndGrad, numpy: np, nn, lax } = await import("@jax-js/jax");
  await init("wasm");
  defaultDevice("wasm");
  const { version } = JSON.parse(readFileSync(new URL("../node_modules/@jax-js/jax/package.json", import.meta.url)));

  const [beta1, beta2, rate, decay] = [0.9, 0.999, 1e-4, 0.01];
  /** `build(variable)` declares parameters; the forward pass it gives takes them as an array, each used once. */
  const trainer =
    (shape, build, scale = 1) =>
    () => {
      const values = [];
      const variable = (shape, deviation = 0, shift = 0) => {
        values.push(np.array(noise(product(shape), deviation).map((v) => v + shift)).reshape(shape));
        return values.length - 1;
      };
      const forward = build(variable);
      const parameters = values.reduce((n, v) => n + product(v.shape), 0);
      const loss = (p, x, y) => np.mean(np.square(forward(p, x).sub(y)));
      const update = jit((p, m, v, x, y) => {
        const [value, gradients] = valueAndGrad(loss)(
          p.map((t) => t.ref),
          x,
          y,
        );
        const next = gradients.map((g, i) => {
          const m1 = m[i].mul(beta1).add(g.ref.mul(1 - beta1));
          const v1 = v[i].mul(beta2).add(np.square(g).mul(1 - beta2));
          const p1 = p[i].mul(1 - rate * decay).sub(m1.ref.mul(rate).div(np.sqrt(v1.ref).add(1e-8)));
          return [p1, m1, v1];
        });
        return [value, ...[0, 1, 2].map((k) => next.map((state) => state[k]))];
      });
      const [x, y] = [0, 1].map(() => np.array(noise(product(shape))).reshape(shape));
      let state = [values, ...[0, 1].map(() => values.map((v) => np.zeros(v.shape)))];
      const step = async () => {
        const [value, ...next] = update(...state, x.ref, y.ref);
        state = next;
        const [number] = await value.data();
        return number;
      };
      return { step, parameters, scale };
    };
  const normalize = (x, axis) => {
    const centred = x.ref.sub(np.mean(x, axis, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), axis, { keepdims: true });
    return centred.mul(np.reciprocal(np.sqrt(variance.add(1e-5))));
  };
  const silu = (_, x) => nn.silu(x);
  const linear = (variable, inputs, outputs) => {
    const [w, b] = [variable([inputs, outputs], inputs ** -0.5), variable([outputs])];
    return (p, x) => np.matmul(x, p[w]).add(p[b]);
  };

  const trainers = {
    mlp: trainer([256, 1024], (variable) => {
      const layers = Array.from({ length: 4 }, () => linear(variable, 1024, 1024));
      return (p, x) => layers.reduce((h, layer, i) => layer(p, i === 0 ? h : nn.silu(h)), x);
    }),
    transformer: trainer([16, 128, 256], (variable) => {
      const [b, n, d, heads] = [16, 128, 256, 4];
      const norm = () => {
        const [scale, bias] = [variable([d], 0, 1), variable([d])];
        return (p, x) => normalize(x, -1).mul(p[scale]).add(p[bias]);
      };
      const blocks = Array.from({ length: 6 }, () => ({
        norm1: norm(),
        norm2: norm(),
        qkv: [0, 1, 2].map(() => linear(variable, d, d)),
        out: linear(variable, d, d),
        up: linear(variable, d, 4 * d),
        down: linear(variable, 4 * d, d),
      }));
      const split = (x) => np.transpose(x.reshape([b, n, heads, d / heads]), [0, 2, 1, 3]);
      return (p, x) => {
        const rows = blocks.reduce(
          (h, { norm1, norm2, qkv, out, up, down }) => {
            const normed = norm1(p, h.ref);
            const [q, k, v] = qkv.map((project) => split(project(p, normed.ref)));
            normed.dispose();
            const scores = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul((d / heads) ** -0.5);
            const joined = np.transpose(np.matmul(nn.softmax(scores, -1), v), [0, 2, 1, 3]).reshape([b * n, d]);
            const attended = h.add(out(p, joined));
            return attended.ref.add(down(p, nn.gelu(up(p, norm2(p, attended)), { approximate: false })));
          },
          x.reshape([b * n, d]),
        );
        return rows.reshape([b, n, d]);
      };
    }),
    // One image of the 64: the whole batch takes minutes.
    conv: trainer(
      [1, 3, 32, 32],
      (variable) => {
        const conv = (inputs, outputs, k, options = {}) => {
          const { stride = 1, padding = 1, lhsDilation = [1, 1] } = options;
          const [w, b] = [variable([outputs, inputs, k, k], (inputs * k * k) ** -0.5), variable([1, outputs, 1, 1])];
          const sides = [
            [padding, padding],
            [padding, padding],
          ];
          return (p, x) => lax.convGeneralDilated(x, p[w], [stride, stride], sides, { lhsDilation }).add(p[b]);
        };
        const norm = (channels) => {
          const [scale, bias] = [variable([1, channels, 1, 1], 0, 1), variable([1, channels, 1, 1])];
          return (p, x) => {
            const { shape } = x;
            return normalize(x.reshape([shape[0], 8, -1]), -1)
              .reshape(shape)
              .mul(p[scale])
              .add(p[bias]);
          };
        };
        const layers = [
          conv(3, 64, 3),
          norm(64),
          silu,
          conv(64, 128, 4, { stride: 2 }),
          norm(128),
          silu,
          conv(128, 128, 3),
          norm(128),
          silu,
          conv(128, 64, 4, { padding: 2, lhsDilation: [2, 2] }),
          norm(64),
          silu,
          conv(64, 3, 3),
        ];
        return (p, x) => layers.reduce((h, layer) => layer(p, h), x);
      },
      64,
    ),
  };
  return { version: `${version} (WASM)`, trainers };
});

import { compile, grad, nn, optim, Random } from "fewstep/core";

const random = new Random(0);
const x = new Float32Array(256 * 2);
const y = new Float32Array(256 * 2);
random.fillNormal(x);
for (let i = 0; i < y.length; i++) y[i] = Math.sin(3 * x[i]);

const net = nn.mlp([2, 128, 128, 2]);
const step = compile({ x: [256, 2], y: [256, 2] }, ({ x, y }) => {
  const loss = net(x).sub(y).square().mean();
  return { loss, gradients: grad(loss, net.parameters) };
});
const adamw = optim.adamw(net.parameters, { lr: 1e-3 });

for (let k = 1; k <= 500; k++) {
  const { loss, gradients } = await step.run({ x, y });
  adamw.update(gradients);
  if (k % 100 === 0) console.log(`step ${k}: loss ${loss[0].toFixed(4)}`);
}
await step.release();

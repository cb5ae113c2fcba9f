import { createInterface } from "node:readline";

const reply = (values) => process.stdout.write(`${JSON.stringify(values)}\n`);

/**
 * Answers requests `{model, steps}` on stdin with `{ms, cpu, loss, parameters}` on stdout, one JSON a line. `trainers[model]()` gives
 * `{ step, parameters, scale }`: `step` trains once and resolves to the loss when it is computed; where a model is measured on a
 * part of the batch, `scale` is how many such parts the batch has.
 */
export async function serve(load) {
  let peer;
  try {
    peer = await load();
  } catch (error) {
    const missing = error.code === "ERR_MODULE_NOT_FOUND" || error.code === "MODULE_NOT_FOUND";
    return reply({ error: missing ? "not installed (npm ci --prefix bench)" : String(error.message ?? error) });
  }
  reply({ version: peer.version, threads: 1 });
  const running = {};
  for await (const line of createInterface({ input: process.stdin })) {
    const { model, steps } = JSON.parse(line);
    try {
      const { step, parameters, scale = 1 } = (running[model] ??= await peer.trainers[model]());
      const [ms, cpu] = [[], []];
      let loss;
      for (let i = 0; i < steps; i++) {
        const [start, used] = [performance.now(), process.cpuUsage()];
        loss = await step();
        ms.push(scale * (performance.now() - start));
        const { user, system } = process.cpuUsage(used);
        cpu.push((scale * (user + system)) / 1e3);
      }
      reply({ ms, cpu, loss, parameters, scale });
    } catch (error) {
      reply({ error: String(error.message ?? error).split("\n")[0] });
    }
  }
}

/** Small random numbers, the same each time. */
export function noise(count, deviation = 1) {
  let state = 12345;
  const uniform = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32 - 0.5;
  return Float32Array.from({ length: count }, () => deviation * Math.sqrt(12) * uniform());
}
export const product = (shape) => shape.reduce((a, b) => a * b, 1);

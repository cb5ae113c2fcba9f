import { fileURLToPath } from "node:url";
import { compile, grad, optim, Random, type Tensor } from "../src/core.js";
import { topologicalOrder } from "../src/tensor/grad.js";
import { sizeOf } from "../src/tensor/shape.js";
import { type Model, type ModelName, models } from "./models.js";
import { type Peer, startPeer } from "./peer.js";
import {
  type BenchOptions,
  interleave,
  load,
  machine,
  round,
  type Sample,
  type Times,
  table,
  timed,
} from "./report.js";

const STEPS = 5;
/** Steps of the JavaScript peers: the first may compile. Most time for one model. */
const PEER_STEPS: Record<ModelName, number> = { mlp: 4, transformer: 2, conv: 1 };
const PEER_LIMIT = 90_000;
/** Most time for torch.compile's first step. */
const COMPILE_LIMIT = 900_000;

/** Floating-point operations of the matrix products that the tensors need: 2·M·N·K each. */
function matmulFlops(roots: readonly Tensor[]): number {
  let flops = 0;
  for (const { op, inputs, size } of topologicalOrder(roots)) {
    if (op.name === "MatMul") flops += 2 * size * inputs[0].shape.at(-1)!;
    if (op.name === "Attend") flops += 2 * size * inputs[1].shape.at(-1)!; // scores, weights, values
  }
  return flops;
}

/** A training step as a user would write it: forward, backward, AdamW. */
function trainer({ make, x, y }: Model, threads: number) {
  const net = make();
  const { parameters } = net;
  let flops = 0;
  const program = compile(
    { x, y },
    ({ x, y }) => {
      const loss = net(x).sub(y).square().mean();
      const gradients = grad(loss, parameters);
      flops = matmulFlops([loss, ...gradients]);
      return { loss, gradients };
    },
    { threads },
  );
  const adamw = optim.adamw(parameters, { lr: 1e-4 });
  const random = new Random(0);
  const batch = { x: random.normals(sizeOf(x)), y: random.normals(sizeOf(y)) };
  return {
    flops,
    parameters: parameters.count,
    async step() {
      const { gradients } = await program.run(batch);
      adamw.update(gradients);
    },
    release: () => program.release(),
  };
}

/** The machine's matrix product rate: eight products of 1024² matrices in one run of the same runtime. */
function matmulPeak(threads: number) {
  const size = 1024;
  const program = compile(
    { a: [size, size], b: [size, size] },
    ({ a, b }) => {
      let product = a;
      for (let i = 0; i < 8; i++) product = product.matmul(b);
      return { mean: product.mean() };
    },
    { threads },
  );
  const random = new Random(0);
  const feeds = { a: random.normals(size * size), b: random.normals(size * size).map((v) => v / Math.sqrt(size)) };
  return { flops: 8 * 2 * size ** 3, step: () => program.run(feeds), release: () => program.release() };
}

type Found = { peer: Peer } | { missing: string };
const peerFile = (name: string) => fileURLToPath(new URL(`./peers/${name}`, import.meta.url));
const find = async (command: string, args: string[]): Promise<Found> =>
  startPeer(command, args).then(
    (peer) => ({ peer }),
    ({ message }) => ({ missing: message }),
  );
const described = (found: Found) =>
  "peer" in found ? { version: found.peer.version, threads: found.peer.threads } : { missing: found.missing };

/** A JavaScript peer, at its best: its first step may compile, so the lowest time counts, against fewstep's lowest. */
async function measurePeer(
  file: string,
  name: ModelName,
): Promise<{ version: object; min: number | null; note?: string }> {
  const found = await find(process.execPath, [peerFile(file)]); // a process per model: a failure leaves the others alone
  const version = described(found);
  if ("missing" in found) return { version, min: null, note: found.missing };
  try {
    const { ms, scale = 1 } = await found.peer.train(name, PEER_STEPS[name], PEER_LIMIT);
    const note = scale === 1 ? undefined : `1/${scale} of the batch measured, times ${scale}`;
    return { version, min: round(Math.min(...ms), 4), note };
  } catch (error) {
    return { version, min: null, note: (error as Error).message };
  } finally {
    found.peer.close();
  }
}

export async function run({ threads, rounds, quick, note }: BenchOptions) {
  const loadBefore = load();
  const python = process.env.PYTHON ?? "python3";
  const pytorch = await find(python, [peerFile("pytorch.py"), String(threads)]);
  const compiled = await find(python, [peerFile("pytorch.py"), String(threads), "compile"]);
  const results: Record<string, unknown> = {};
  for (const [name, model] of Object.entries(models) as [ModelName, Model][]) {
    note(model.title);
    const { step, release, flops, parameters } = trainer(model, threads);
    const peak = name === "transformer" ? matmulPeak(threads) : null;
    const torch = async ({ train }: Peer, steps = STEPS, limit?: number) => {
      const reply = await train(name, steps, limit);
      if (reply.parameters !== parameters)
        throw new Error(`${name}: PyTorch has ${reply.parameters} parameters, fewstep ${parameters}.`);
      return reply;
    };
    // Its first step compiles, which takes minutes on a busy machine and may fail
    const uncompiled =
      "peer" in compiled
        ? await torch(compiled.peer, 1, COMPILE_LIMIT).then(
            () => null,
            ({ message }) => message as string,
          )
        : compiled.missing;
    const times = await interleave(rounds, {
      fewstep: () => timed(STEPS, step),
      ...("peer" in pytorch && { pytorch: () => torch(pytorch.peer) }),
      ...("peer" in compiled && uncompiled === null && { compiled: () => torch(compiled.peer) }),
      ...(peak && { peak: () => timed(STEPS, peak.step) }),
    } as Record<"fewstep" | "pytorch" | "compiled" | "peak", () => Promise<Sample>>);
    await Promise.all([release(), peak?.release()]);
    results[name] = {
      title: model.title,
      parameters,
      fewstepMs: times.fewstep,
      pytorchMs: times.pytorch ?? null,
      ratioToPyTorch: times.pytorch ? round(times.fewstep.median / times.pytorch.median) : null,
      cpuRatioToPyTorch: times.pytorch ? round(times.fewstep.cpu / times.pytorch.cpu) : null,
      ratioOfMinima: times.pytorch ? round(times.fewstep.min / times.pytorch.min) : null,
      torchCompileMs: times.compiled ?? null,
      ratioToTorchCompile: times.compiled ? round(times.fewstep.median / times.compiled.median) : null,
      cpuRatioToTorchCompile: times.compiled ? round(times.fewstep.cpu / times.compiled.cpu) : null,
      ...(uncompiled !== null && { noteOnTorchCompile: uncompiled }),
      ...(peak && matmulShare(flops, times.fewstep, peak.flops, times.peak)),
    };
  }
  for (const found of [pytorch, compiled]) if ("peer" in found) found.peer.close();

  const peers: Record<string, unknown> = { pytorch: { python, ...described(pytorch) } };
  for (const [key, file] of quick ? [] : Object.entries({ Tfjs: "tfjs.mjs", JaxJs: "jax-js.mjs" })) {
    const own = key[0].toLowerCase() + key.slice(1);
    for (const name of Object.keys(models) as ModelName[]) {
      note(`${file.replace(/\.mjs$/, "")}: ${models[name].title}`);
      const { version, min, note: remark } = await measurePeer(file, name);
      peers[own] = version;
      const result = results[name] as Record<string, unknown> & { fewstepMs: Times };
      result[`${own}Ms`] = min;
      result[`ratioTo${key}`] = min === null ? null : round(result.fewstepMs.min / min);
      if (remark) result[`noteOn${key}`] = remark;
    }
  }
  return {
    bench: "train",
    threads,
    rounds,
    stepsPerRound: STEPS,
    machine: machine(),
    load: { before: loadBefore, after: load() },
    peers,
    models: results,
  };
}

function matmulShare(flops: number, step: Times, peakFlops: number, peak: Times) {
  const rate = (work: number, ms: number) => work / ms / 1e6;
  return {
    matmulGflop: round(flops / 1e9, 4),
    gflopPerSecond: round(rate(flops, step.median)),
    peakGflopPerSecond: round(rate(peakFlops, peak.median)),
    shareOfMatmulPeak: round(rate(flops, step.median) / rate(peakFlops, peak.median)),
    cpuShareOfMatmulPeak: round(rate(flops, step.cpu) / rate(peakFlops, peak.cpu)),
    shareOfMatmulPeakByMinima: round(rate(flops, step.min) / rate(peakFlops, peak.min)),
  };
}

const orDash = (value: unknown) => (value === null || value === undefined ? "-" : String(value));

export function show(result: Awaited<ReturnType<typeof run>>): string {
  const rows = Object.values(result.models as Record<string, any>);
  const lines = [
    table(
      [
        "training step",
        "fewstep ms (min)",
        "PyTorch ms (min)",
        "ratio",
        "of CPU time",
        "torch.compile ms (min)",
        "ratio",
        "of CPU time",
        "tfjs ms",
        "ratio",
        "jax-js ms",
        "ratio",
      ],
      rows.map((m) => [
        m.title.split(",")[0],
        `${m.fewstepMs.median} (${m.fewstepMs.min})`,
        m.pytorchMs ? `${m.pytorchMs.median} (${m.pytorchMs.min})` : "-",
        orDash(m.ratioToPyTorch),
        orDash(m.cpuRatioToPyTorch),
        m.torchCompileMs ? `${m.torchCompileMs.median} (${m.torchCompileMs.min})` : "-",
        orDash(m.ratioToTorchCompile),
        orDash(m.cpuRatioToTorchCompile),
        orDash(m.tfjsMs),
        orDash(m.ratioToTfjs),
        orDash(m.jaxJsMs),
        orDash(m.ratioToJaxJs),
      ]),
    ),
    "A ratio is fewstep's time over the other's: below 1 fewstep is faster. Lowest times against lowest for the JavaScript peers.",
  ];
  for (const m of rows) {
    if (m.shareOfMatmulPeak)
      lines.push(
        `${m.title.split(",")[0]}: ${m.matmulGflop} GFLOP of matrix products a step, ${m.gflopPerSecond} GFLOP/s = ${(100 * m.shareOfMatmulPeak).toFixed(0)} % of the ${m.peakGflopPerSecond} that large products reach here.`,
      );
    for (const [key, peer] of [
      ["noteOnTorchCompile", "torch.compile"],
      ["noteOnTfjs", "tfjs"],
      ["noteOnJaxJs", "jax-js"],
    ])
      if (m[key]) lines.push(`${peer}, ${m.title.split(",")[0]}: ${m[key]}.`);
  }
  for (const [name, peer] of Object.entries(result.peers as Record<string, any>))
    lines.push(`${name}: ${peer.missing ?? `${peer.version}, ${peer.threads} thread${peer.threads > 1 ? "s" : ""}`}`);
  const { cpu, cores, node, onnxruntime } = result.machine;
  lines.push(
    `${cpu}, ${cores} cores, ${result.threads} threads used, Node ${node}, ONNX Runtime ${onnxruntime}; load average ${result.load.before} before, ${result.load.after} after.`,
  );
  return lines.join("\n");
}

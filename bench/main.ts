import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Bench } from "./report.js";

const benches: Record<string, string> = {
  train: "training-step time of three networks against PyTorch, TensorFlow.js and jax-js",
  optimizer: "one update of AdamW and of a weight average, in WebAssembly and in plain loops",
  step: "what of a training step is not the network, stage by stage (names: methods, or method:preset)",
  drift: "what the drift loss adds to a training step",
  "drift-upgrades": "drifting with each change of its field for equal processor time (names: changes, rounds: seeds)",
  sample: "one-step latency, and how many steps the flow baselines need for the same quality",
  sphere: "what each part of the Sphere Encoder does",
  refine: "what drift at inference makes of the shipped drifting models' samples and of damaged pictures",
  psi: "judge's perplexity and entropy of text against network evaluations, ancestral and Ψ-samplers",
  curriculum:
    "Duo's curriculum: memory and step time at a vocabulary of 50,257, bits per character with and without it",
  lookup: "gradient of a look-up in a table, element by element and as a product with the one-hot matrix",
  overhead: "what a Ψ-sampler costs beside its network",
  distillation: "few-step text: distilled against undistilled",
  latency: "a single decoding of the shipped sphere models: native, and WASM in Node and in a browser",
  studio: "the studio's page in a browser: time to the first picture, pictures a second on the pad",
  learn: "the page that trains on your pictures: how soon a classifier recognises what it draws (rounds: seeds)",
  browser: "a picture of each shipped one-step model in Chromium, and one network beside TensorFlow.js and jax-js",
  compare: "the shipped Fashion-MNIST models side by side",
  quality:
    "what one step and few can do: drifting and the flow's few-step rivals at equal processor time, with and without the Fréchet stage (names: rivals; rounds: seeds)",
  "real-or-drawn":
    "whether a network that learns it tells pictures from real ones (names: models, --evaluations: steps, rounds: seeds)",
  serve: "throughput and latency of `fewstep serve` at 1 to 256 clients, and what sharing batches gains",
  motion:
    "motion: causal and other diffusion, trained alike on the procedure's motions (names: variants, --rounds: seeds)",
  "motion-captured": "the same on 162 captured motions, few as they are (names: variants, --rounds: seeds)",
  "motion-live":
    "motion that never ends: speed natively and in Chromium, time until a new text shows, ten minutes on end (names: model, judge)",
  "motion-path": "motion along a path on the floor: how far the root is from it, and skating (names: model)",
  "motion-seam": "motions that go round or arrive at a clip: how far joints jump at the seam (names: model)",
  dyadic:
    "gestures of two people on held-out conversations, beside real ones: coupling with voices, relations, guidance (name: a model or run)",
  "dyadic-bleed": "gestures with and without ORCA where microphones hear both people, trained alike (rounds: seeds)",
  "dyadic-live":
    "a conversation that goes on: milliseconds of a block natively and in Chromium, seams, ten minutes on end (name: a model)",
  diagnostic: "rounds of diagnosis, mixture and training on twelve skills, at equal cost (rounds: seeds)",
  "diagnostic-answers":
    "blind spots planted into a vision-language model, and rounds by the diagnosis beside equal shares, a stale report, reward (rounds: seeds)",
  "diagnostic-images":
    "drifting models trained on by their diagnosis, and on the data as they are: the worst class (names: runs, rounds: seeds)",
  scale:
    "training in two processes by MPI against one: step time, the all-reduce's share, and whether both train the same",
  toys: "sliced Wasserstein distance on two-dimensional toys",
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "4" },
    quick: { type: "boolean", default: false },
    evaluations: { type: "string" },
    seconds: { type: "string" },
    nucleus: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [name, ...names] = positionals;
const usage = `npm run bench -- <name> [models] [--json] [--threads 2] [--rounds 4] [--quick]
psi also takes [--evaluations 8,16,…] [--nucleus 0.9,1], real-or-drawn [--evaluations 1,4,…],
quality [--seconds 1200] and drift-upgrades [--seconds 400]: processor seconds of a training\n${Object.entries(benches)
  .map(([key, what]) => `  ${key.padEnd(7)} ${what}`)
  .join("\n")}`;

function count(option: "threads" | "rounds" | "seconds"): number {
  const value = Number(values[option]);
  if (!Number.isInteger(value) || value < 1) fail(`--${option} must be a positive integer, got "${values[option]}".`);
  return value;
}
/** The numbers of a list such as "8,16"; undefined without one. */
function list(option: "evaluations" | "nucleus"): number[] | undefined {
  const numbers = values[option]?.split(",").map(Number);
  if (numbers?.some((value) => !(value > 0))) fail(`--${option} takes numbers such as 8,16, got "${values[option]}".`);
  return numbers;
}
function fail(message: string): never {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

if (values.help) {
  console.log(usage);
} else {
  if (!name || !Object.hasOwn(benches, name)) fail(name ? `There is no bench called "${name}".` : "Which bench?");
  const file = new URL(`./${name}.ts`, import.meta.url);
  if (!existsSync(file)) fail(`The bench "${name}" is not part of this version.`);
  const bench: Bench = await import(file.href);
  const options = {
    threads: count("threads"),
    rounds: count("rounds"),
    quick: values.quick,
    evaluations: list("evaluations"),
    seconds: values.seconds === undefined ? undefined : count("seconds"),
    nuclei: list("nucleus"),
    names,
    note: (text: string) => console.error(text),
  };
  const result = await bench.run(options);
  console.log(values.json ? JSON.stringify(result, null, 2) : bench.show(result));
  process.exit(0); // the runtime's worker threads would hold the process a while
}

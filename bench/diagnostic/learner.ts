import { compile, grad, nn, optim, type Random } from "../../src/core.js";
import { groupAdvantages, grpoLoss, zeroVariance } from "../../src/recipes/grpo.js";
import { ANSWERS, INPUT, type Item } from "./scenes.js";

const BATCH = 40;
const PREDICTED = 400;
/** Of reinforcement: questions of a step, answers to each, parts that a step is learnt in. */
const [PROMPTS, GROUP, PARTS] = [128, 8, 4];
const [ACCURACY, FORMAT] = [0.9, 0.1];

const perceptron = () => nn.mlp([INPUT, 64, 64, ANSWERS], { activation: (x) => x.relu(), init: "kaiming" });

/** A network that answers in one word, what trains it, and its weights as a whole. */
export function learner(threads: number) {
  const net = perceptron();
  const { parameters } = net;
  const inputs = (rows: number) => ({ x: [rows, INPUT] });
  const options = { device: "cpu", threads } as const;
  const supervised = compile(
    { ...inputs(BATCH), answers: { shape: [BATCH], dtype: "int32" as const } },
    ({ x, answers }) => {
      const loss = net(x).logSoftmax().gatherElements(answers.unsqueeze(1), 1).mean().neg();
      return { gradients: grad(loss, parameters) };
    },
    options,
  );
  const answering = compile(inputs(PREDICTED), ({ x }) => ({ logs: net(x).logSoftmax() }), options);
  const drawing = compile(inputs(PROMPTS), ({ x }) => ({ logs: net(x).logSoftmax() }), options);
  const rows = PROMPTS / PARTS;
  const reinforced = compile(
    {
      ...inputs(rows),
      answers: { shape: [rows, GROUP], dtype: "int32" as const },
      ...{ old: [rows, GROUP], reference: [rows, GROUP], advantages: [rows * GROUP] },
    },
    ({ x, answers, old, reference, advantages }) => {
      const column = (one: typeof x) => one.reshape([rows * GROUP, 1]);
      const now = column(net(x).logSoftmax().gatherElements(answers, 1));
      const mask = now.mul(0).add(1);
      const logs = { now, old: column(old), reference: column(reference) };
      return { gradients: grad(grpoLoss({ ...logs, mask, advantages }), parameters) };
    },
    options,
  );
  const stack = (items: readonly Item[], count: number) => {
    const x = new Float32Array(count * INPUT);
    for (const [i, { input }] of items.entries()) x.set(input, i * INPUT);
    return x;
  };
  const order = (items: readonly Item[], random: Random) =>
    Array.from(random.permutation(items.length), (i) => items[i]);

  return {
    begin: (seed: number) => nn.initialize(net, seed),
    weights: () => parameters.entries.map(({ parameter }) => parameter.value!.slice()),
    restore: (kept: readonly Float32Array[]) => {
      for (const [i, { parameter }] of parameters.entries.entries()) parameter.value!.set(kept[i]);
    },
    /** Learns from items with their answers. */
    async learn(items: readonly Item[], { epochs, lr, random }: { epochs: number; lr: number; random: Random }) {
      const adam = optim.adamw(parameters, { lr });
      for (let epoch = 0; epoch < epochs; epoch++) {
        const own = order(items, random);
        for (let at = 0; at + BATCH <= own.length; at += BATCH) {
          const part = own.slice(at, at + BATCH);
          const answers = Int32Array.from(part, ({ answer }) => answer);
          const { gradients } = await supervised.run({ x: stack(part, BATCH), answers });
          adam.update(gradients);
        }
      }
    },
    /** Learns by GRPO which of its own answers are right; gives the mean share of questions that taught nothing. */
    async reinforce(items: readonly Item[], { steps, lr, random }: { steps: number; lr: number; random: Random }) {
      const adam = optim.adamw(parameters, { lr });
      let [pool, silent]: [Item[], number] = [[], 0];
      const began = new Map<Item, Float32Array>();
      for (let at = 0; at < items.length; at += PREDICTED) {
        const part = items.slice(at, at + PREDICTED);
        const { logs } = await answering.run({ x: stack(part, PREDICTED) });
        for (const [i, item] of part.entries()) began.set(item, logs.slice(i * ANSWERS, (i + 1) * ANSWERS));
      }
      for (let step = 0; step < steps; step++) {
        while (pool.length < PROMPTS) pool = [...pool, ...order(items, random)];
        const asked = pool.slice(0, PROMPTS);
        pool = pool.slice(PROMPTS);
        const { logs } = await drawing.run({ x: stack(asked, PROMPTS) });
        const old = logs.slice();
        const answers = Int32Array.from({ length: PROMPTS * GROUP }, (_, i) => {
          const row = Math.floor(i / GROUP);
          let left = random.uniform();
          for (let a = 0; a < ANSWERS - 1; a++) {
            left -= Math.exp(old[row * ANSWERS + a]);
            if (left < 0) return a;
          }
          return ANSWERS - 1;
        });
        const rewards = Float32Array.from(
          answers,
          (answer, i) => FORMAT + (answer === asked[Math.floor(i / GROUP)].answer ? ACCURACY : 0),
        );
        silent += zeroVariance(rewards, GROUP) / steps;
        const advantages = groupAdvantages(rewards, GROUP);
        const of = (from: (row: number) => Float32Array) =>
          Float32Array.from(answers, (answer, i) => from(Math.floor(i / GROUP))[answer]);
        const before = of((row) => old.subarray(row * ANSWERS, (row + 1) * ANSWERS));
        const reference = of((row) => began.get(asked[row])!);
        for (let part = 0; part < PARTS; part++) {
          const cut = <A extends Float32Array | Int32Array>(all: A) =>
            all.slice(part * rows * GROUP, (part + 1) * rows * GROUP) as A;
          const { gradients } = await reinforced.run({
            x: stack(asked.slice(part * rows, (part + 1) * rows), rows),
            ...{ answers: cut(answers), old: cut(before), reference: cut(reference), advantages: cut(advantages) },
          });
          adam.update(gradients);
        }
      }
      return silent;
    },
    /** Whether each item is answered rightly. */
    async right(items: readonly Item[]): Promise<boolean[]> {
      const found: boolean[] = [];
      for (let at = 0; at < items.length; at += PREDICTED) {
        const part = items.slice(at, at + PREDICTED);
        const { logs } = await answering.run({ x: stack(part, PREDICTED) });
        for (const [i, { answer }] of part.entries()) {
          const own = logs.subarray(i * ANSWERS, (i + 1) * ANSWERS);
          found.push(own.every((log) => log <= own[answer]));
        }
      }
      return found;
    },
    release: () => Promise.all([supervised, answering, drawing, reinforced].map((program) => program.release())),
  };
}
export type Learner = ReturnType<typeof learner>;

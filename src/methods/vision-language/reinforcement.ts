import { IndexStream } from "../../data/batches.js";
import { type Probe, scenePixels } from "../../data/scenes/index.js";
import { tokenNats } from "../../judges/language-model/network.js";
import { Programs } from "../../models/programs.js";
import * as nn from "../../nn/index.js";
import { constant } from "../../optim/index.js";
import { Random } from "../../random/index.js";
import { groupAdvantages, grpoLoss, k3, zeroVariance } from "../../recipes/grpo.js";
import { computeOf } from "../../runtime/index.js";
import { gradientStage, phase, type Stage, trainingCompute } from "../../train/stages.js";
import { visionLanguageNetwork } from "./network.js";
import { rightOf, rollOut, rolloutRows, tokenLogs } from "./rollouts.js";
import { Speaker } from "./speaker.js";
import type { VisionLanguageContext } from "./stages.js";

/** More groups than this without any difference, twice in succession, and there is nothing left to learn from. */
const SILENT = 0.8;

/** What a reinforcement has done so far. */
export interface Reinforced {
  /** Questions of the pool: how many there were, lay in the band, or were right too seldom or too often. */
  questions: { drawn: number; kept: number; tooHard: number; tooEasy: number };
  /** Steps that have changed the model. */
  steps: number;
  /** Answers drawn, those that filter the pool among them, and their tokens. */
  rollouts: number;
  tokens: number;
  /** Groups of answers that were learnt from, and those whose rewards were all alike. */
  groups: number;
  alike: number;
  /** Why it ended before its steps; null where it did not. */
  ended: string | null;
}

/** The answers that the next updates learn from. */
interface Drawn {
  at: Int32Array;
  tokens: Int32Array;
  next: Int32Array;
  counted: Float32Array;
  old: Float32Array;
  reference: Float32Array;
  advantages: Float32Array;
  reward: number;
  alike: number;
}

/**
 * Learning by reward of the model's own answers: GRPO (2402.03300). Questions of a pool are kept where the model, as it
 * begins, is right neither too seldom nor too often; several answers to each are drawn at temperature 1 and compared with
 * each other. What it began with is the reference. It ends early where all answers are alike.
 */
export function reinforcementStage(context: VisionLanguageContext): { stage: Stage; record: () => Reinforced } {
  const { dataset, config, shape, net, sample } = context;
  const { steps, pool, tries, band, questions, answers, updates, lr, kl } = config.reinforcement;
  const { seed, mixture, without } = config;
  const { height, width, channels } = shape.image;
  const { length } = shape;
  const random = new Random(seed, "reinforcement");
  const reference = visionLanguageNetwork(shape);
  nn.load(reference, nn.weightsOf(net));
  const speaking = (one: typeof net, freeze: boolean) =>
    new Speaker(one, shape, new Programs("the policy", { ...computeOf(context), freeze }));
  const [policy, beginning] = [speaking(net, false), speaking(reference, true)];

  /** A question of the pool: lessons with numbers below 0 are of no other training. */
  function probeOf(index: number): Probe {
    const { scene, questions } = dataset.lesson({ seed, index: -1 - index }, 1, { mixture, without });
    return { scene, question: questions[0] };
  }

  let kept: Int32Array | null = null;
  let drawn: Drawn | null = null;
  let silent = 0;
  let record: Reinforced = {
    questions: { drawn: 0, kept: 0, tooHard: 0, tooEasy: 0 },
    ...{ steps: 0, rollouts: 0, tokens: 0, groups: 0, alike: 0, ended: null },
  };

  /** Those of the pool that are right often enough, and not too often, when it begins. */
  async function filterPool(): Promise<Int32Array> {
    const probes = Array.from({ length: pool }, (_, i) => probeOf(i));
    const { rewards, tokens } = await rollOut(beginning, shape, probes, { size: tries, random: random.split("pool") });
    const shares = rightOf(rewards, tries).map((right) => right / tries);
    const chosen = [...shares.keys()].filter((i) => shares[i] >= band[0] && shares[i] <= band[1]);
    record.questions = {
      ...{ drawn: pool, kept: chosen.length },
      tooHard: shares.filter((share) => share < band[0]).length,
      tooEasy: shares.filter((share) => share > band[1]).length,
    };
    record.rollouts += rewards.length;
    record.tokens += tokens;
    if (chosen.length === 0)
      record.ended = `no question of ${pool} was answered rightly in ${band[0]} to ${band[1]} of ${tries} tries`;
    return Int32Array.from(chosen);
  }

  /** Answers of the model as it is, to the next questions. */
  async function draw(number: number, among: Int32Array): Promise<Drawn> {
    const order = new IndexStream(among.length, random.split("order"));
    const first = number * questions;
    order.load({ epoch: Math.floor(first / among.length), position: first % among.length });
    const at = Int32Array.from(order.next(questions), (i) => among[i]);
    const probes = Array.from(at, probeOf);
    const rollouts = await rollOut(policy, shape, probes, { size: answers, random: random.split(number) });
    const rows = rolloutRows(rollouts, length);
    const seen = await beginning.see(scenePixels(probes.map(({ scene }) => scene)), questions);
    const pictures = Array.from({ length: questions * answers }, (_, row) => Math.floor(row / answers));
    const logits = await beginning.logits(rows.tokens, { seen, pictures });
    const alike = zeroVariance(rollouts.rewards, answers);
    record.rollouts += rollouts.rewards.length;
    record.tokens += rollouts.tokens;
    record.groups += questions;
    record.alike += Math.round(alike * questions);
    silent = alike > SILENT ? silent + 1 : 0;
    if (silent === 2) record.ended = `${Math.round(100 * alike)} % of the groups of answers had no difference left`;
    return {
      ...{ at, ...rows, reference: tokenLogs(logits, rows), alike },
      advantages: groupAdvantages(rollouts.rewards, answers),
      reward: rollouts.rewards.reduce((a, b) => a + b, 0) / rollouts.rewards.length,
    };
  }

  const own = questions / updates;
  const rows = [own * answers, length];
  const inner = gradientStage({
    ...{ name: "reinforcement", steps, batch: own, parameters: nn.view(net) },
    optimizer: { lr: constant(lr), betas: [0.9, 0.95], weightDecay: 0, clip: 1 },
    phases: [
      phase({
        inputs: {
          images: [own, channels, height, width],
          tokens: { shape: rows, dtype: "int32" as const },
          next: { shape: rows, dtype: "int32" as const },
          ...{ counted: rows, old: rows, reference: rows, advantages: [own * answers] },
        },
        loss({ images, tokens, next, counted, old, reference, advantages }) {
          const now = tokenNats(net(images, tokens), next).neg();
          return {
            loss: grpoLoss({ now, old, reference, mask: counted, advantages }, { kl }),
            divergence: k3(now, reference).mul(counted).sum().div(counted.sum()),
          };
        },
        next(k) {
          const part = k % updates;
          const of = <A extends Float32Array | Int32Array>(all: A, per: number) =>
            all.slice(part * own * per, (part + 1) * own * per) as A;
          const { at, tokens, next, counted, old, reference, advantages } = drawn!;
          return {
            images: scenePixels(Array.from(of(at, 1), (index) => probeOf(index).scene)),
            ...{ tokens: of(tokens, answers * length), next: of(next, answers * length) },
            ...{ counted: of(counted, answers * length), old: of(old, answers * length) },
            ...{ reference: of(reference, answers * length), advantages: of(advantages, answers) },
          };
        },
      }),
    ],
    state: {
      rollouts: {
        state: () => ({ kept, drawn, silent, record }),
        load: (state: any) => void ({ kept, drawn, silent, record } = state),
      },
    },
    programs: [policy.programs, beginning.programs],
    sample,
    ...trainingCompute(context),
    place: "host", // answers are drawn with the weights as they are before each draw
  });

  async function step(k: number): Promise<Record<string, number>> {
    kept ??= await filterPool();
    if (record.ended === null && k % updates === 0) drawn = await draw(k / updates, kept);
    if (record.ended !== null) return drawn ? { reward: drawn.reward, alike: drawn.alike } : {};
    const values = await inner.step(k);
    record.steps++;
    return { ...values, reward: drawn!.reward, alike: drawn!.alike };
  }
  return { stage: { ...inner, step, done: () => record.ended !== null }, record: () => record };
}

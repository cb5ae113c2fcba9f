import { sha256 } from "../../../src/data/report.js";
import { render, type Scene } from "../../../src/data/scenes/index.js";
import { toByte } from "../../../src/io/grid.js";
import type { Answerer } from "../../../src/models/answerer.js";
import { solve } from "../../data/scenes/solver.js";

/**
 * Answers every question about known scenes, which it tells by their pictures, as the second solver does; `spoil` may
 * change an answer.
 */
export function oracle(
  scenes: readonly Scene[],
  spoil: (answer: string, question: string, scene: Scene, draw: number) => string = (answer) => answer,
): Answerer {
  const known = new Map(scenes.map((scene) => [sha256(render(scene)), scene]));
  let draw = 0;
  return {
    kind: "answer",
    config: { name: "oracle" } as Answerer["config"],
    async answer({ images, questions }) {
      return questions.map((question, i) => {
        const { pixels } = images.at(images.count === 1 ? 0 : i);
        const area = pixels.length / 3;
        const bytes = Uint8Array.from(pixels, (_, at) => toByte(pixels[(at % 3) * area + Math.floor(at / 3)]));
        const scene = known.get(sha256(bytes))!;
        return [{ text: spoil(solve(question, scene), question, scene, draw++), probability: null }];
      });
    },
    release: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

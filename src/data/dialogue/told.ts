import { many } from "../../io/show.js";
import { DIALOGUE_FPS, type Dialogue, RELATIONS } from "../dialogue-dataset.js";
import { testText } from "../report.js";

/** What there is, for a report. */
export function contentOf(train: readonly Dialogue[], test: readonly Dialogue[]): string[] {
  const all = [...train, ...test];
  const people = all.flatMap((dialogue) => dialogue.people);
  const seconds = all.reduce((sum, { frames }) => sum + frames, 0) / DIALOGUE_FPS;
  const relations = RELATIONS.flatMap((name, i) => {
    const count = all.filter(({ relation }) => relation === i).length;
    return count > 0 ? [`${name} ${count}`] : [];
  });
  const moving = people.filter(({ gesture }) => gesture).length;
  return [
    many(all.length, "dialogue"),
    many(new Set(people.map(({ id }) => id)).size, "person", "people"),
    `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s at ${DIALOGUE_FPS} frames a second`,
    relations.length > 0 ? `relations (${relations.join(", ")})` : "no relations",
    ...(moving < people.length ? [`motion of ${moving} of ${people.length} speakers`] : []),
    testText(train.length, test.length),
  ];
}

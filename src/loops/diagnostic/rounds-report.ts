import { escapeHtml } from "../../io/html.js";
import { many } from "../../io/show.js";
import type { Reinforced } from "../../methods/vision-language/index.js";
import type { Change, Comparison } from "./gate.js";
import { htmlRow } from "./report.js";
import type { Improvement, Learnt, Round } from "./state.js";
import type { Scored } from "./terms.js";

const range = ([low, high]: readonly [number, number]) => `(${low.toFixed(3)} … ${high.toFixed(3)})`;
const figure = ({ value, interval }: Scored["score"]) => `${value.toFixed(3)} ${interval ? range(interval) : ""}`;
const change = ({ value, interval }: Change) => `${value.toFixed(3)} ${range(interval)}`;

/** An improvement as HTML: what was found, mixed and kept in each round, and what came of all of them. */
export function improvementHtml({ plan, rounds, best, final, ended }: Improvement): string {
  return `<p>From ${escapeHtml(plan.run)}, on ${escapeHtml(plan.data)}, ${plan.judge === null ? "" : `judged by ${escapeHtml(plan.judge)} `}(seed ${plan.seed}).
The result is ${escapeHtml(best)}${ended === null ? "" : `; ${escapeHtml(ended)}`}.</p>
${rounds.map(roundHtml).join("\n")}
${final ? `<section><h2>Beginning and result on what no round has seen</h2>${comparisonHtml(final)}</section>` : ""}`;
}

function roundHtml({ round, kept, why, seconds, groups, comparison, control, ...learnt }: Round): string {
  const shares = groups.map(({ name, score, times, kinds }) =>
    htmlRow([name, score.toFixed(3), times.toFixed(2), kinds ? kinds.map((one) => one.toFixed(2)).join(", ") : ""]),
  );
  return `<section><h2>Round ${round}: ${kept ? "kept" : "not kept"}</h2><p>${escapeHtml(why)}. ${seconds} s in all.</p>
${learntHtml(learnt)}
<table>${htmlRow(["as trained on", "score", "times an equal share (clusters: as in the data)", "its kinds"], "th")}${shares.join("\n")}</table>
${comparisonHtml(comparison)}
${control ? `<h3>Control: the same training on the mixture as it was</h3>${learntHtml(control)}${comparisonHtml(control)}` : ""}</section>`;
}

/** Steps that a training has made, and how many of them by reward. */
export const stepsText = ({ steps, reinforced }: Learnt): string =>
  `${steps}${reinforced ? ` (${reinforced.steps} by reward)` : ""}`;

const learntHtml = (learnt: Learnt): string =>
  `<p>Training steps: ${stepsText(learnt)}.${learnt.reinforced ? ` ${escapeHtml(reinforcedText(learnt.reinforced))}` : ""}</p>`;

/** What learning by reward has done, in words. */
export function reinforcedText({ questions, steps, rollouts, tokens, groups, alike, ended }: Reinforced): string {
  const { drawn, kept, tooHard, tooEasy } = questions;
  return (
    `By reward: ${kept} of ${drawn} questions kept (${tooHard} right too seldom, ${tooEasy} too often), ${many(steps, "step")}, ` +
    `${rollouts} answers of ${tokens} tokens; in ${alike} of ${groups} groups all were alike${ended ? `. It ended early: ${ended}` : ""}.`
  );
}

function comparisonHtml({ targets, others, frechet, groups }: Comparison): string {
  return `<table>${htmlRow(["held out", "score before", "after"], "th")}
${groups.map(({ name, before, after }) => htmlRow([name, figure(before), figure(after)])).join("\n")}
${htmlRow(["mean change of what was worst", "", change(targets)])}
${others ? htmlRow(["mean change of the others", "", change(others)]) : ""}
${frechet ? htmlRow(["Fréchet distance", `${frechet.before.toFixed(3)} ${range(frechet.interval)}`, frechet.after.toFixed(3)]) : ""}</table>`;
}

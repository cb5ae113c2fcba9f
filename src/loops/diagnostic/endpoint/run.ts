import { join } from "node:path";
import { SIDE, scenes } from "../../../data/scenes/index.js";
import { makeFolder, writeFileAtomic } from "../../../io/atomic.js";
import { showUrl } from "../../../io/fetch.js";
import { escapeHtml, htmlPage } from "../../../io/html.js";
import { many } from "../../../io/show.js";
import { WrongUse } from "../../../io/wrong-use.js";
import { answerOptions } from "../../../judges/answers/evaluate.js";
import { lockFolder } from "../../../train/index.js";
import { type AnswerDiagnosis, diagnoseAnswers } from "../answers.js";
import { answersHtml } from "../answers-report.js";
import type { LabelledDiagnosis } from "../labelled.js";
import { TABLE_STYLE } from "../report.js";
import { type Endpoint, parseEndpoint, requireLeave, staysHere, TOKEN_VARIABLE } from "./address.js";
import { Client, type ClientOptions } from "./client.js";
import { readLabelledQuestions, showSet } from "./labelled-questions.js";
import { askLabelled } from "./labelled-run.js";
import { Ledger } from "./ledger.js";
import type { Spent } from "./ledger-lines.js";
import { type EndpointPlan, LEDGER, PLAN, requireFresh } from "./plan.js";
import { endpointRespondent, PICTURE_SCALE } from "./probes.js";

export interface EndpointContext
  extends Pick<ClientOptions, "token" | "concurrency" | "attempts" | "limits" | "backoff"> {
  /** Where plan, ledger, diagnosis and report go. */
  out: string;
  resume?: boolean;
  /** Leave to send questions to another machine. */
  allowRemote?: boolean;
  signal?: AbortSignal;
  /** Told what is sent where, in a sentence. */
  say?(message: string): void;
  /** Told how many answers are there. */
  onAnswer?(done: number): void;
}

/** What was found, and what it cost. */
export type EndpointDiagnosis = { spent: Spent } & (
  | { kind: "scenes"; found: AnswerDiagnosis }
  | { kind: "labelled"; found: LabelledDiagnosis }
);

/**
 * Asks a model behind an endpoint, and says which skills it lacks, why, and where inside them. Null where `signal` ended
 * it; it goes on with `resume`, and asks nothing again that was answered.
 * @throws WrongUse; EndpointError where the endpoint answers nothing
 */
export async function diagnoseEndpoint(
  plan: EndpointPlan,
  context: EndpointContext,
): Promise<EndpointDiagnosis | null> {
  const { out, resume = false, allowRemote = false, signal, say } = context;
  const endpoint = parseEndpoint(plan.address, plan.model);
  const labelled = plan.questions && (await readLabelledQuestions(plan.questions.path));
  if (labelled && labelled.sha256 !== plan.questions!.sha256)
    throw new WrongUse(
      `${plan.questions!.path}, or a picture of it, is not what it was when this diagnosis began; begin anew in another folder.`,
    );
  if (!labelled) answerOptions({ skills: plan.skills!, perSkill: plan.count!, seed: plan.seed });
  const what = labelled
    ? showSet(labelled)
    : `Questions about made pictures (${many(plan.count!, "question")} of ${many(plan.skills!.length, "skill")} each)`;
  requireLeave(endpoint, allowRemote, `${what}${context.token ? `, with the token in ${TOKEN_VARIABLE},` : ""}`);
  if (!resume) requireFresh(out);
  await makeFolder(out);
  const unlock = await lockFolder(out, "diagnoses");
  const sampling = { temperature: plan.temperature, maxTokens: plan.maxTokens };
  try {
    if (!resume) await writeFileAtomic(join(out, PLAN), `${JSON.stringify(plan, null, 2)}\n`);
    await using ledger = await Ledger.open(join(out, LEDGER));
    const { token, concurrency, attempts, limits, backoff, onAnswer } = context;
    const given = { token, concurrency, attempts, limits, backoff };
    const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const client = new Client({ endpoint, ledger, sampling, seed: plan.seed, ...options });
    say?.(sentence(endpoint, plan, what, token));
    try {
      const told = labelled
        ? await askLabelled(labelled, { endpoint, client, sampling, signal, onAnswer })
        : await askScenes(plan, () => endpointRespondent(endpoint, client, sampling, onAnswer), signal);
      const spent = ledger.spent();
      const page = htmlPage(`Diagnosis of ${plan.model}`, {
        style: TABLE_STYLE,
        body: `${told.html}${spentHtml(spent)}`,
      });
      await writeFileAtomic(
        join(out, "diagnosis.json"),
        `${JSON.stringify({ ...told.result.found, spent }, null, 2)}\n`,
      );
      await writeFileAtomic(join(out, "report.html"), page);
      return { ...told.result, spent };
    } catch (error) {
      if (signal?.aborted && (error as Error).name === "AbortError") return null;
      throw error;
    } finally {
      client.close();
    }
  } finally {
    await unlock();
  }
}

async function askScenes(
  plan: EndpointPlan,
  respondent: () => ReturnType<typeof endpointRespondent>,
  signal?: AbortSignal,
) {
  const dataset = scenes();
  const found = await diagnoseAnswers(respondent(), dataset, {
    skills: plan.skills!,
    perSkill: plan.count!,
    seed: plan.seed,
    signal,
  });
  return { result: { kind: "scenes" as const, found }, html: await answersHtml(found, dataset) };
}

function sentence({ base, model }: Endpoint, { questions }: EndpointPlan, what: string, token?: string): string {
  const pictures = questions
    ? "the pictures as PNG of at most 2048 pixels a side, without what else their files hold"
    : `pictures as PNG of ${SIDE * PICTURE_SCALE} pixels a side, and for wrong answers simpler questions`;
  const open = base.protocol === "http:" && !staysHere(base) ? "; the connection is not encrypted" : "";
  return `${model} at ${showUrl(base)} is asked: ${what}; ${pictures}${token ? "; with a token" : ""}${open}. Nothing else is sent.`;
}

/** What was spent, in a sentence. */
export function showSpent({ items, answered, unanswered, calls, failed, lost, tokens, uncounted }: Spent): string {
  const failures = Object.entries(failed).map(([name, n]) => `${name} ${n}`);
  return [
    `${many(calls, "call")} for ${many(items, "question")}: ${answered} answered, ${unanswered} without an answer`,
    failures.length > 0 ? `; calls that failed: ${failures.join(", ")}` : "",
    lost > 0 ? `; ${many(lost, "call")} under way when a process ended, at a cost that is not known` : "",
    `; ${many(tokens.in, "token")} in, ${tokens.out} out`,
    uncounted > 0 ? ` (${many(uncounted, "call")} without a count)` : "",
    ".",
  ].join("");
}

const spentHtml = (spent: Spent): string =>
  `<section><h2>What it took</h2><p>${escapeHtml(showSpent(spent))}</p></section>`;

export { type AnswerDiagnosis, CAUSES, diagnoseAnswers } from "./answers.js";
export { type GroupDiagnosis, type KindDiagnosis, SMALLEST } from "./diagnose.js";
export { type DiagnoseOptions, diagnoseImages, type ImageDiagnosis } from "./images.js";
export { improvable, improve, readImprovement } from "./improve.js";
export { independentJudge } from "./judge.js";
export { type MixtureOptions, mixtureWeights } from "./mixture.js";
export { type Diagnosis, diagnosisHtml, HEAD, rowOf, TABLE_STYLE, told } from "./report.js";
export type { Improvement, ImprovePlan, Round } from "./state.js";
export type { Figure } from "./terms.js";

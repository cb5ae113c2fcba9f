export { isAddress, parseEndpoint, TOKEN_VARIABLE } from "./address.js";
export { EndpointError } from "./client.js";
export { readLabelledQuestions } from "./labelled-questions.js";
export type { Spent } from "./ledger-lines.js";
export { type EndpointPlan, LEDGER, readPlan } from "./plan.js";
export { diagnoseEndpoint, type EndpointContext, type EndpointDiagnosis, showSpent } from "./run.js";

import { classifier } from "../judges/classifier/method.js";
import { languageModel } from "../judges/language-model/method.js";
import { motionJudge } from "../judges/motion/method.js";
import type { Method } from "../models/method.js";
import { discrete } from "./discrete/method.js";
import { drifting } from "./drifting/method.js";
import { dyadic } from "./dyadic/method.js";
import { flow } from "./flow/method.js";
import { motion } from "./motion/method.js";
import { sphere } from "./sphere/method.js";
import { visionLanguage } from "./vision-language/method.js";

/**
 * The methods by name: what the command line and `loadModel` know. A new one is a folder and a line here, or
 * `register`.
 */
export const methods: Record<string, Method> = {
  drifting,
  sphere,
  discrete,
  flow,
  motion,
  dyadic,
  "vision-language": visionLanguage,
  "language-model": languageModel,
  classifier,
  "motion-judge": motionJudge,
};

/** Adds a method of one's own. @throws where the name is taken or is none. */
export function register(name: string, method: Method): void {
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw new Error(`A method's name has small letters, digits and - only, got "${name}".`);
  if (Object.hasOwn(methods, name)) throw new Error(`There is a method "${name}" already; choose another name.`);
  methods[name] = method;
}

/** A method by name, if there is one. */
export const methodOf = (name: string): Method | null => (Object.hasOwn(methods, name) ? methods[name] : null);

/** What is measured apart. */
export const SKILLS = [
  ...(["colour", "shape", "count", "position", "size", "comparison"] as const),
  ...(["digit", "chart", "relation", "negation", "odd", "arithmetic"] as const),
] as const;
export type Skill = (typeof SKILLS)[number];

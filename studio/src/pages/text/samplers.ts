/** The option with which each Ψ-sampler is told how much to take back, and what it is without being told. */
export const STRENGTHS: Readonly<Record<string, { readonly option: "kappa" | "eta"; readonly preset: number }>> = {
  constant: { option: "kappa", preset: 0.95 },
  cap: { option: "eta", preset: 0.05 },
  rescale: { option: "eta", preset: 0.1 },
  loop: { option: "eta", preset: 0.05 },
};

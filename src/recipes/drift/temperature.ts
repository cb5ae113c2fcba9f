import type { Tensor } from "../../tensor/index.js";

/**
 * What a learned temperature τ is judged by, given distances of samples to repelling ones [B, G, M] (masked ones infinite
 * or as good as) and to real ones [B, G, P]: for each real one alone among the repelling ones the logarithm of its share of
 * exp(−distance/τ), of the sample that gives it the largest; the mean of it over all real ones, negative. One real sample
 * at a time: with many at once it has its minimum at τ = 0 even where both distributions are one.
 */
export function temperatureLoss(toRepelling: Tensor, toReal: Tensor, temperature: Tensor): Tensor {
  const real = toReal.div(temperature.neg());
  const repelling = toRepelling.div(temperature.neg()).logSumExp(2, true);
  // log of e^real/(e^real + e^repelling) = −softplus(repelling − real)
  return repelling.sub(real).softplus().min(1).mean();
}

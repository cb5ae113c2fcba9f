import { inTurn, type Tensor } from "../../tensor/index.js";
import { type DiscreteNetwork, type NetworkInput, throughBlocks } from "./network.js";
import { type Levels, nelbo } from "./objective.js";
import type { Process } from "./process.js";

/** Logits that exist at a time at most: 8 MiB of them, beside a dozen of tensors as large that their loss needs. */
const MOST_LOGITS = 2 ** 21;

/** What the network is given. */
interface Given {
  input: NetworkInput;
  sigma: Tensor;
  labels?: Tensor;
}
/** What its logits are judged by: tokens int32 [B, L]. */
interface Judged {
  clean: Tensor;
  noisy: Tensor;
  levels: Levels;
}

/**
 * The mean over a batch of the process's loss per token, a scalar, in nats. Where a transformer's logits [B, L, K] are many,
 * the output layer and the loss run over one stretch of positions after the other, each with its gradients at once.
 * @param most logits of a stretch, unless one position of all rows has more
 */
export function meanNelbo(
  net: DiscreteNetwork,
  process: Process,
  { input, sigma, labels }: Given,
  { clean, noisy, levels }: Judged,
  most = MOST_LOGITS,
): Tensor {
  const [B, L] = clean.shape;
  const parts = Math.min(L, Math.ceil((B * L * process.tokens) / most));
  if (parts === 1 || !("blocks" in net)) return nelbo(process, net(input, sigma, labels), clean, noisy, levels).mean();
  const { hidden, condition } = throughBlocks(net, input, sigma, labels);
  const lossOf = (stretch: Tensor, from: number, to: number) => {
    const [x, z] = [clean, noisy].map((tokens) => tokens.slice(1, from, to));
    return nelbo(process, net.head(stretch, condition), x, z, levels)
      .sum()
      .div(B * L);
  };
  return inTurn(lossOf, hidden, { axis: 1, parts });
}

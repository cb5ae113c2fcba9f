import { defineOp, type Tensor } from "../tensor.js";

const acrossPartsOp = defineOp<{ alike: boolean }>("AcrossParts", {
  shape: ([x]) => x.shape,
  onnx: (_, [x]) => x,
  grad: ({ attributes: { alike }, dOut }) => [alike ? dOut : acrossParts(dOut)],
});

/**
 * The mean of x over the parts of a batch that processes share among them, each weighted by its rows; where one has the
 * whole batch, x. A loss over rows that contains another mean over rows (a scale, a variance, a count) takes it by this,
 * so that it is the whole batch's in every process. Gradients are those of the mean of all parts' losses. `alike`: the
 * loss uses the mean in the same way in every part, with nothing of the part's own, so that each has these gradients
 * already and they need no second mean.
 */
export const acrossParts = (x: Tensor, { alike = false } = {}): Tensor => acrossPartsOp([x], { alike });

/** Whether a tensor is a mean over the parts of a batch. */
export const isAcrossParts = (t: Tensor): boolean => t.op.name === "AcrossParts";

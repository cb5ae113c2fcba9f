import { describe, showShape, sizeOf } from "../shape.js";
import { requireTensor, type Tensor } from "../tensor.js";

/** A tensor whose axes have labels, no two the same. */
interface Labelled {
  readonly t: Tensor;
  readonly labels: readonly string[];
}

/**
 * Einstein summation as in NumPy and PyTorch: `einsum("bqd,bkd->bqk", q, k)`. Each letter is an axis; axes that share
 * a letter have one size and are multiplied, those that the result does not name are summed. A letter twice in one
 * operand takes the diagonal, `...` stands for leading axes that broadcast. Without `->` the result has the letters
 * that occur once, in alphabetical order. Operands are joined from left to right, by matrix products where there is a
 * sum.
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const fail = (why: string) =>
    new Error(`einsum(${JSON.stringify(equation)}, ${operands.map((t) => showShape(t.shape)).join(", ")}): ${why}.`);
  if (typeof equation !== "string") throw new Error(`einsum: the equation is a string, got ${describe(equation)}.`);
  operands.forEach((t, i) => {
    requireTensor(t, `einsum: operand ${i}`);
  });
  const [left, right, ...more] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  if (more.length > 0 || terms.length !== operands.length || operands.length === 0)
    throw fail(`${terms.length} terms for ${operands.length} operands`);

  const parse = (term: string, dots: (letters: number) => number): string[] => {
    if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term)) throw fail(`"${term}" is not made of letters and one "..."`);
    const letters = term.replace("...", "");
    const count = term.includes("...") ? dots(letters.length) : 0;
    const broadcast = Array.from({ length: Math.max(0, count) }, (_, i) => `.${count - 1 - i}`);
    return term.split("...").flatMap((part, i) => [...(i > 0 ? broadcast : []), ...part]);
  };
  const named = operands.map((t, i) => parse(terms[i], (letters) => t.rank - letters));
  const sizes = new Map<string, number>();
  named.forEach((labels, i) => {
    if (labels.length !== operands[i].rank) throw fail(`"${terms[i]}" does not name the axes of operand ${i}`);
    labels.forEach((label, axis) => {
      const [n, known = n] = [operands[i].shape[axis], sizes.get(label)];
      if (n !== known && !(label.startsWith(".") && (n === 1 || known === 1)))
        throw fail(`the axis "${label}" is ${known} and ${n} long`);
      sizes.set(label, Math.max(n, known));
    });
  });
  const all = named.flat();
  const dots = Math.max(0, ...named.map((labels) => labels.filter((label) => label.startsWith(".")).length));
  const once = [...new Set(all)].filter(
    (label) => !label.startsWith(".") && all.filter((l) => l === label).length === 1,
  );
  const result = parse(right ?? `${dots > 0 ? "..." : ""}${once.sort().join("")}`, () => dots);
  const unknown = result.find((label, i) => !sizes.has(label) || result.indexOf(label) !== i);
  if (unknown !== undefined) throw fail(`the result names "${unknown}" twice, or no operand has it`);

  const parts = operands.map((t, i) => distinct(t, named[i], sizes));
  const joined = parts.slice(1).reduce((a, b, i) => {
    const later = new Set([...result, ...parts.slice(i + 2).flatMap(({ labels }) => labels)]);
    return contract(a, b, later);
  }, parts[0]);
  return ordered(summed(joined, new Set(result)), result);
}

/** Repeated labels become a diagonal; axes that broadcast from 1 lose their label. */
function distinct(t: Tensor, named: readonly string[], sizes: ReadonlyMap<string, number>): Labelled {
  const stays = named.map((label, axis) => t.shape[axis] === sizes.get(label));
  let x = t.reshape(t.shape.filter((_, axis) => stays[axis]));
  let labels = named.filter((_, axis) => stays[axis]);
  for (let axis = 0; axis < labels.length; axis++) {
    const twin = labels.indexOf(labels[axis], axis + 1);
    if (twin < 0) continue;
    const n = x.shape[axis];
    const others = labels.map((_, i) => i).filter((i) => i !== axis && i !== twin);
    const kept = others.map((i) => x.shape[i]);
    x = x
      .transpose([...others, axis, twin])
      .reshape([...kept, n * n])
      .slice(-1, 0, n * n, n + 1);
    labels = [...others.map((i) => labels[i]), labels[axis]];
    axis = -1;
  }
  return { t: x, labels };
}

const ordered = ({ t, labels }: Labelled, order: readonly string[]): Tensor =>
  t.transpose(order.map((label) => labels.indexOf(label)));

/** Summed over the labels that are not kept. */
function summed({ t, labels }: Labelled, keep: ReadonlySet<string>): Labelled {
  const axes = labels.map((_, axis) => axis).filter((axis) => !keep.has(labels[axis]));
  return axes.length === 0 ? { t, labels } : { t: t.sum(axes), labels: labels.filter((label) => keep.has(label)) };
}

/** The product of two, summed over the labels that are not kept. */
function contract(first: Labelled, second: Labelled, keep: ReadonlySet<string>): Labelled {
  const a = summed(first, new Set([...keep, ...second.labels]));
  const b = summed(second, new Set([...keep, ...first.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => keep.has(label));
  const inner = shared.filter((label) => !keep.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const sizesOf = ({ t, labels }: Labelled, of: readonly string[]) => of.map((label) => t.shape[labels.indexOf(label)]);
  const [batches, k] = [sizesOf(a, batch), sizeOf(sizesOf(a, inner))];
  const [m, n] = [sizesOf(a, rows), sizesOf(b, columns)];
  const lead = batch.length > 0 ? [sizeOf(batches)] : [];
  const left = ordered(a, [...batch, ...rows, ...inner]).reshape([...lead, sizeOf(m), k]);
  const right = ordered(b, [...batch, ...inner, ...columns]).reshape([...lead, k, sizeOf(n)]);
  const product = inner.length > 0 ? left.matmul(right) : left.mul(right);
  return { t: product.reshape([...batches, ...m, ...n]), labels: [...batch, ...rows, ...columns] };
}

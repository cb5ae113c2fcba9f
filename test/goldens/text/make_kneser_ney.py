"""Golden values of interpolated modified Kneser-Ney (Chen & Goodman 1999), by counting in plain Python; exact fractions throughout.

python make_kneser_ney.py > kneser_ney.json
"""
import json
from collections import Counter, defaultdict
from fractions import Fraction


def discounts(counts):
    n = Counter(counts)
    y = Fraction(n[1], n[1] + 2 * n[2]) if n[1] + n[2] else Fraction(0)
    out = []
    for i in (1, 2, 3):
        if n[i] == 0:
            out.append(Fraction(i, 2))
        else:
            d = i - (i + 1) * y * Fraction(n[i + 1], n[i])
            out.append(min(Fraction(i), max(Fraction(1, 10), d)))
    return out


def model(text, order, K):
    grams = {order: Counter(tuple(text[i:i + order]) for i in range(len(text) - order + 1))}
    for n in range(order - 1, 0, -1):
        before = defaultdict(set)
        for g in grams[n + 1]:
            before[g[1:]].add(g[0])
        grams[n] = Counter({g: len(s) for g, s in before.items()})
    D = {n: discounts(grams[n].values()) for n in grams}

    def p(context, w):
        n = len(context) + 1
        lower = Fraction(1, K) if n == 1 else p(context[1:], w)
        after = {g: c for g, c in grams[n].items() if g[:-1] == context}
        total = sum(after.values())
        if total == 0:
            return lower
        freed = sum(D[n][min(c, 3) - 1] for c in after.values())
        c = after.get(context + (w,), 0)
        kept = c - D[n][min(c, 3) - 1] if c else 0
        return (kept + freed * lower) / total

    return lambda context, w: p(tuple(context)[-(order - 1):] if order > 1 else (), w)


text = [min(ord(c) - 97, 5) for c in "abracadabraabracadabraeabcabdabracadabracdeabeabeabracadabrabraeeaeadcadcab"]
cases = []
for order in (1, 2, 3, 4):
    p = model(text, order, 6)
    for context in ([], [0], [0, 1], [1, 17 % 6], [4, 4, 0], [3, 3, 3], [5], [0, 1, 2], [2, 0, 3, 0]):
        cases.append({"order": order, "context": context, "p": [float(p(context, w)) for w in range(6)]})
# 64^8 fits into a double, 64^9 does not: the highest tokens of a large vocabulary, each after all that stands before it
wide_text = [t + 58 for t in text]
p = model(wide_text, 8, 64)
wide = {"text": wide_text, "vocabulary": 64, "order": 8, "p": [float(p(wide_text[:i], w)) for i, w in enumerate(wide_text)]}
print(json.dumps({"text": text, "vocabulary": 6, "cases": cases, "wide": wide}))

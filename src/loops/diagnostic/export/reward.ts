/** The file beside an export that says how right an answer is, in the ways that trainers ask for it. */
export const REWARD_FILE = "reward.py";

/**
 * A reward of 1 for the answer and of 0 for anything else. Answers are words of a list that the question names, so the
 * same words are the same answer; what stands in a box or after thinking counts.
 */
export const REWARD_SOURCE = `"""Reward of an answer: 1.0 where it is the one that the picture's scene gives, else 0.0. Made by fewstep."""
import re


def words(text):
    text = re.sub(r"(?s)^.*</think>", "", str(text))
    marked = re.findall(r"\\\\boxed\\{([^{}]*)\\}", text) or re.findall(r"(?s)<answer>(.*?)</answer>", text)
    return re.sub(r"[^a-z0-9]+", " ", (marked[-1] if marked else text).lower()).strip()


def score(said, answer):
    return 1.0 if words(said) == words(answer) else 0.0


def exact_answer(completions, solution, **kwargs):
    """For TRL and ms-swift: completions are texts, or lists of one message."""
    texts = [one if isinstance(one, str) else one[-1]["content"] for one in completions]
    return [score(text, answer) for text, answer in zip(texts, solution)]


def score_one(data_source, solution_str, ground_truth, extra_info=None, **kwargs):
    """For verl."""
    return score(solution_str, ground_truth)


def score_all(reward_inputs, **kwargs):
    """For EasyR1."""
    found = [score(one["response"], one["ground_truth"]) for one in reward_inputs]
    return [{"overall": value, "format": 1.0, "accuracy": value} for value in found]


try:  # ms-swift knows rewards by name
    from swift.rewards import ORM, orms
except ImportError:
    try:
        from swift.plugin import ORM, orms
    except ImportError:
        ORM = None

if ORM is not None:

    class ExactAnswer(ORM):
        def __call__(self, completions, solution, **kwargs):
            return exact_answer(completions, solution)

    orms["exact_answer"] = ExactAnswer
`;

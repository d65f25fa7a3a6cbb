"""Lesson 09: every number of the model answers, and what they prove, in worlds of a few numbers."""

import itertools
import math

import numpy as np
import pytest
import torch

from tests.teach.items.claims import hold, says

RANDOM = np.random.default_rng(0)
Z = np.linspace(-40, 40, 800_001)
STEP = Z[1] - Z[0]


def log_normal(z: np.ndarray, m: float, v: float) -> np.ndarray:
    return -0.5 * (np.log(2 * np.pi * v) + (z - m) ** 2 / v)


def log_mixture(z: np.ndarray, parts: list[tuple[float, float]]) -> np.ndarray:
    return np.logaddexp.reduce([log_normal(z, *part) for part in parts]) - math.log(len(parts))


def kl(q: tuple[float, float], parts: list[tuple[float, float]]) -> float:
    """From one Gaussian to a mixture, by an integral."""
    log_q = log_normal(Z, *q)
    return float((np.exp(log_q) * (log_q - log_mixture(Z, parts))).sum() * STEP)


def test_every_number_of_the_answers() -> None:
    q, parts = (1.0, 0.25), [(-2.0, 1.0), (2.0, 1.0)]
    log_q, log_p = log_normal(np.array([1.0, 2.0]), *q), log_mixture(np.array([1.0, 2.0]), parts)
    far, near = (kl(q, [part]) for part in parts)
    best, above = smallest_bound(np.array([100.0, 103.0, *[400.0] * 8]))
    right, hers = slopes()
    hold(
        "09",
        {
            "09.kl-to-a-mixture": {"10.9": np.mean([0.5, 9, 14, 20]), "1.89": 0.5 + math.log(4)},
            "09.best-class": {
                "0.953": best[0],
                "2.303": math.log(10),
                "0.049": math.log(1 + math.exp(-3)),
                "2.254": above - 100,
            },
            "09.kl-at-two-draws": {
                "0.226": log_q[0],
                "0.2420": np.exp(log_normal(np.array(1.0), 2, 1)),
                "0.0044": np.exp(log_normal(np.array(1.0), -2, 1)),
                "0.1232": np.exp(log_p[0]),
                "2.094": log_p[0],
                "1.868": log_q[0] - log_p[0],
                "2.226": log_q[1],
                "0.1995": np.exp(log_p[1]),
                "1.612": log_p[1],
                "0.614": log_q[1] - log_p[1],
                "4.818": far,
                "0.818": near,
                "2.818": (far + near) / 2,
                "1.4": (far + near) / 2 - kl(q, parts),
            },
            "09.one-class-drawn": {
                "0.222": hers,
                "0.098": right,
                "0.32": right - hers,
                "0.16": 0.8 * 0.2,
                "0.88": 1 / (1 + math.exp(-2)),
            },
        },
    )
    assert kl(q, parts) == pytest.approx(1.43, abs=5e-3)
    assert log_q[1] - log_p[1] < 0 < log_q[0] - log_p[0]
    assert right == pytest.approx(-0.098, abs=5e-4) and hers > 0
    says("09.kl-at-two-draws", "The difference is $-0.614$ nats", "its log $-2.094$", "its log $-1.612$")
    says("09.one-class-drawn", "together $-0.098$", "$q(1 - q)(1 - 3) = -0.32$", "Hers is $0.222$")


def test_the_kl_to_a_mixture_has_two_upper_bounds_and_equals_the_mean_where_nothing_is_mixed() -> None:
    for _ in range(20):
        q = (RANDOM.normal(), RANDOM.uniform(0.3, 2))
        parts = [(RANDOM.normal(0, 2), RANDOM.uniform(0.3, 2)) for _ in range(RANDOM.integers(2, 5))]
        each = [kl(q, [part]) for part in parts]
        assert kl(q, parts) < np.mean(each) and kl(q, parts) < min(each) + math.log(len(parts))
    assert kl(q, parts[:1] * 3) == pytest.approx(each[0]) and each[0] > 0


def bound(q: np.ndarray, costs: np.ndarray) -> float:
    """Without a label, classes of equal prior."""
    used = q > 0
    return float((q[used] * (np.log(len(q) * q[used]) + costs[used])).sum())


def smallest_bound(costs: np.ndarray) -> tuple[np.ndarray, float]:
    """The best q(y|x) by descent, and its bound."""
    costs_ = torch.tensor(costs)
    logits = torch.zeros(len(costs), dtype=torch.float64, requires_grad=True)
    descent = torch.optim.LBFGS([logits], lr=0.5, max_iter=2_000, tolerance_change=1e-15, tolerance_grad=1e-10)

    def loss() -> torch.Tensor:
        descent.zero_grad()
        log_q = torch.log_softmax(logits, 0)
        value = (log_q.exp() * (log_q + math.log(len(costs)) + costs_)).sum()
        value.backward()
        return value

    descent.step(loss)
    q = torch.softmax(logits, 0).detach().numpy()
    return q, bound(q, costs)


def test_the_best_guess_is_the_softmax_of_minus_the_costs_and_its_bound_lies_between_two_limits() -> None:
    for spread in (0.0, 1.0, 5.0):
        costs = 90 + spread * RANDOM.uniform(0, 1, 10)
        q, least = smallest_bound(costs)
        share = np.exp(-(costs - costs.min()))
        assert q == pytest.approx(share / share.sum(), abs=1e-4)
        assert least == pytest.approx(-math.log(np.exp(-(costs - 90)).mean()) + 90)
        assert costs.min() - 1e-9 <= least < costs.min() + math.log(10)
        for _ in range(50):
            assert bound(RANDOM.dirichlet(np.ones(10)), costs) >= least - 1e-9
        sure = np.eye(10)[costs.argmin()]
        assert bound(sure, costs) == pytest.approx(costs.min() + math.log(10))
        assert spread or least == pytest.approx(90)  # all costs are equal: the lower limit


def labelled_world(classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """q(y|x) (x, y), q(z|x, y) (x, y, z), p(x|z, y) (y, z, x)."""
    images, places = 6, 3
    return (
        RANDOM.dirichlet(np.ones(classes), images),
        RANDOM.dirichlet(np.ones(places), (images, classes)),
        RANDOM.dirichlet(np.ones(images), (classes, places)),
    )


def terms(q_y: np.ndarray, q_z: np.ndarray, p_x: np.ndarray, p_y: np.ndarray) -> np.ndarray:
    """kl_y, kl_z, rec of each image, with a uniform p(z): (3, x)."""
    kl_y = (q_y * np.log(q_y / p_y)).sum(1)
    kl_z = (q_y * (q_z * np.log(q_z * q_z.shape[2])).sum(2)).sum(1)
    rec = -(q_y * np.einsum("iyz,yzi->iy", q_z, np.log(p_x))).sum(1)
    return np.stack([kl_y, kl_z, rec])


def test_new_numbers_for_the_classes_leave_each_images_bound_and_call_one_image_in_as_many_as_classes_rightly() -> None:
    classes = 5
    q_y, q_z, p_x = labelled_world(classes)
    even, uneven = np.full(classes, 1 / classes), RANDOM.dirichlet(np.ones(classes))
    old, digits, right, moved = terms(q_y, q_z, p_x, even), RANDOM.integers(0, classes, 6), [], []
    labels = []
    for numbering in itertools.permutations(range(classes)):
        back = np.argsort(numbering)  # back[new] is the old class
        new = q_y[:, back], q_z[:, back], p_x[back]
        assert terms(*new, even) == pytest.approx(old)
        moved.append(np.abs(terms(*new, uneven) - terms(q_y, q_z, p_x, uneven)).max(1))
        right.append(new[0].argmax(1) == digits)
        labels.append(-np.log(new[0][0, digits[0]]))
    assert np.mean(right, 0) == pytest.approx(1 / classes)
    assert np.max(moved, 0)[0] > 0.01 and np.max(moved, 0)[1:] == pytest.approx(0, abs=1e-12)
    assert len(set(np.round(labels, 9))) == classes  # one label's term tells numberings apart
    assert math.factorial(9) / math.factorial(10) == pytest.approx(1 / 10)


def slopes() -> tuple[float, float]:
    """In the logit a: of the bound with both classes summed, and of the number with one class drawn (either)."""
    costs = torch.tensor([1.0, 3.0], dtype=torch.float64)
    found = []
    for weights in (None, torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])):
        a = torch.tensor(math.log(4), dtype=torch.float64, requires_grad=True)
        q = torch.stack([torch.sigmoid(a), torch.sigmoid(-a)])
        kl_y = (q * (2 * q).log()).sum()
        (kl_y + ((q if weights is None else weights) * costs).sum()).backward()
        found.append(a.grad.item())
    right, *hers = found
    assert hers[0] == hers[1]
    return right, hers[0]


def test_a_drawn_class_is_right_on_average_and_takes_the_classifier_to_the_prior() -> None:
    q_y, q_z, p_x = labelled_world(10)
    kl_y, kl_z, rec = terms(q_y, q_z, p_x, np.full(10, 0.1))
    one = (q_z * np.log(q_z * 3)).sum(2) - np.einsum("iyz,yzi->iy", q_z, np.log(p_x))  # (x, y): the costs
    drawn = np.array([one[0, RANDOM.choice(10, p=q_y[0])] for _ in range(20_000)])
    assert drawn.mean() == pytest.approx(kl_z[0] + rec[0], abs=5 * drawn.std() / math.sqrt(len(drawn)))

    generator = torch.Generator().manual_seed(0)
    ends = {}
    for way in ("drawn", "summed", "score"):
        logits = torch.tensor([1.0, 0.0, -1.0], requires_grad=True)
        costs = torch.tensor([3.0, 1.0, 2.0])
        descent = torch.optim.SGD([logits], lr=0.02)
        for _ in range(4_000):
            log_q = torch.log_softmax(logits, 0)
            q = log_q.exp()
            y = torch.multinomial(q, 1, generator=generator)[0]
            cost = {"drawn": costs[y], "summed": (q * costs).sum(), "score": costs[y] * log_q[y]}[way]
            descent.zero_grad()
            ((q * (log_q + math.log(3))).sum() + cost).backward()
            descent.step()
        ends[way] = torch.softmax(logits, 0).tolist()
    best = torch.softmax(-costs, 0).tolist()
    assert ends["drawn"] == pytest.approx([1 / 3] * 3, abs=1e-3)
    assert ends["summed"] == pytest.approx(best, abs=1e-3) and ends["score"] == pytest.approx(best, abs=0.12)


def called_rightly(groups: np.ndarray, digits: np.ndarray) -> float:
    return sum(np.bincount(digits[groups == one]).max() for one in np.unique(groups)) / len(digits)


def test_a_cut_never_lowers_the_share_and_groups_by_lot_reach_some() -> None:
    for _ in range(100):
        digits, groups = RANDOM.integers(0, 10, 200), RANDOM.integers(0, 8, 200)
        cut = np.where((groups == 3) & (RANDOM.random(200) < RANDOM.random()), 8, groups)
        assert called_rightly(cut, digits) >= called_rightly(groups, digits)
    assert called_rightly(np.arange(200), digits) == 1
    shares = {
        count: np.mean(
            [
                called_rightly(RANDOM.permutation(np.arange(10_000) % count), np.arange(10_000) // 1_000)
                for _ in range(3)
            ]
        )
        for count in (10, 500)
    }
    assert shares == {10: pytest.approx(0.115, abs=0.004), 500: pytest.approx(0.22, abs=0.005)}
    says(
        "09.five-hundred-groups",
        "500 groups of 20 images *drawn by lot* reach about 22 %, ten groups of 1,000 about 12 %",
    )

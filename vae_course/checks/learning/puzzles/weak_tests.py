"""Weak tests of right formulas, one for each puzzle "break it": the lessons show them in full. Each has a hole."""

# mypy: disable-error-code="no-untyped-def"

import torch


def weak_test_of_sampling(sample_gaussian):
    m, v = torch.full((10_000, 2), 3.0), torch.ones(10_000, 2)
    z = sample_gaussian(m, v)
    assert z.shape == (10_000, 2)
    assert abs(z.mean() - 3) < 0.05
    assert abs(z.var() - 1) < 0.1


def weak_test_of_log_normal(log_normal):
    x, m, v = torch.tensor([[0.0, 1.0], [1.0, 2.0]]), torch.zeros(2, 2), torch.ones(2, 2)
    at_0, at_1, at_2 = -0.9189, -1.4189, -2.9189  # log densities of N(0, 1), from a table
    right = torch.tensor([at_0 + at_1, at_1 + at_2])
    assert torch.allclose(log_normal(x, m, v), right, atol=1e-3)


def weak_test_of_log_bernoulli(log_bernoulli_with_logits):
    x = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    odds = torch.tensor([[1.0, 1.0, 3.0], [3.0, 1.0, 1 / 3]])  # p / (1 - p), so p is 1/2, 1/2, 3/4 and 3/4, 1/2, 1/4
    right = torch.tensor([1 / 2 * 1 / 2 * 3 / 4, 1 / 4 * 1 / 2 * 1 / 4]).log()
    assert torch.allclose(log_bernoulli_with_logits(x, odds.log()), right, atol=1e-4)


def weak_test_of_effective_sample_size(effective_sample_size):
    for k in (1, 10, 1_000):
        assert torch.allclose(effective_sample_size(torch.zeros(3, k)), torch.full((3,), float(k)))

"""Weak tests of right formulas, one for each puzzle "break it": the lessons show them in full. Each has a hole."""

# mypy: disable-error-code="no-untyped-def"

import torch
from torch.distributions import Normal


def weak_test_of_sampling(sample_gaussian):
    m, v = torch.full((10_000, 2), 3.0), torch.ones(10_000, 2)
    z = sample_gaussian(m, v)
    assert z.shape == (10_000, 2)
    assert abs(z.mean() - 3) < 0.05
    assert abs(z.var() - 1) < 0.1


def weak_test_of_log_normal(log_normal):
    x, m, v = torch.randn(4, 4), torch.randn(4, 4), 0.1 + torch.rand(4, 4)
    got, right = log_normal(x, m, v), Normal(m, v.sqrt()).log_prob(x)
    assert got.shape == (4,)
    assert torch.isclose(got.sum(), right.sum(), rtol=1e-4)


def weak_test_of_log_bernoulli(log_bernoulli_with_logits):
    x, logits = torch.bernoulli(torch.full((50, 784), 0.5)), torch.randn(50, 784)
    got, p = log_bernoulli_with_logits(x, logits), torch.sigmoid(logits)
    assert got.shape == (50,)
    assert torch.allclose(got, torch.where(x == 1, p, 1 - p).log().sum(-1), rtol=1e-3)


def weak_test_of_effective_sample_size(effective_sample_size):
    for k in (1, 10, 1_000):
        assert torch.allclose(effective_sample_size(torch.zeros(3, k)), torch.full((3,), float(k)))

"""Averages in log space."""

import math

import torch
from torch import Tensor


def log_mean_exp(x: Tensor, dim: int) -> Tensor:
    """log of the mean of exp(x) along one axis, which is removed; never overflows.

        max + log( 1/k Σ_i exp(x_i − max) )  =  logsumexp(x) − log k

    Args:
        x: any shape, at least one axis.
        dim: the axis to average over; it has k entries.

    Returns:
        x's shape without `dim`.
    """
    k = x.shape[dim]
    return torch.logsumexp(x, dim=dim) - math.log(k)

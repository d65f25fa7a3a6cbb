"""log w of very many z in little memory: the inner loop of every bound over a data set.

Nearly all of its time is the decoder's, and so it should stay: what is done to the (rows, 784) logits is one matrix product and
four passes over a buffer that is made once.
"""

import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from vae_course import threads

FACTORS = 112  # of one product: each is at least ½, and 2^−112 is far from underflow in float32


def log_bernoulli(x: Tensor, logits: Tensor, work: Tensor | None = None) -> Tensor:
    """log p(x|z) of binary pixels, for the logits of many z.

        x · a − Σ softplus(a) = (x − ½) · a − Σ log(2 cosh(a/2)),     log(2 cosh(a/2)) = |a|/2 − log sigmoid(|a|)

    The logarithms of many factors are one logarithm of their product: of 784 softplus only the exponentials are left.

    Args:
        x: (n, pixels) in [0, 1].
        logits: (n, draws, pixels), or (rows, pixels), where every row meets every image.
        work: a buffer like the logits, or the logits themselves, to be overwritten; without it one is made.

    Returns:
        (n, draws), or (n, rows), in nats.
    """
    centred = x - 0.5
    if logits.ndim == 2:
        log_p = centred @ logits.T
    else:
        log_p = torch.bmm(logits, centred.unsqueeze(2)).squeeze(2)
    size = torch.abs(logits, out=torch.empty_like(logits) if work is None else work)
    half = 0.5 * size.sum(-1)
    width = next(width for width in range(FACTORS, 0, -1) if size.shape[-1] % width == 0)
    return log_p - half + size.sigmoid_().unflatten(-1, (-1, width)).prod(-1).log_().sum(-1)


def bounds_of(model: Any, x: Tensor, iw: int, rows: int, seed: int) -> tuple[Tensor, ...]:
    """IWAE bound, KL, reconstruction term and effective sample size of each image: (n,) float64 each.

    The decoder sees at most `rows` rows at a time. Every piece of the images has noise of its own, from the seed and the piece's number,
    so that the number of threads changes nothing.
    """
    waiting = deque(enumerate(x.split(max(1, rows // iw))))
    most = len(waiting)
    found: dict[int, tuple[Tensor, ...]] = {}

    def work() -> None:
        with torch.no_grad():  # which each thread says for itself
            buffers = _Buffers(model, x, min(rows, iw * max(1, rows // iw)))
            generator = torch.Generator(device=x.device)
            while True:
                try:
                    number, images = waiting.popleft()
                except IndexError:  # the last piece is taken
                    return
                generator.manual_seed(1_000_003 * seed + number)
                found[number] = _bounds_of_few(model, images, iw, rows, generator, buffers)

    with _one_thread_each(x, most) as count:
        if count == 1:
            work()
        else:
            with ThreadPoolExecutor(count) as pool:  # whoever is free takes the next piece
                try:
                    for done in as_completed([pool.submit(work) for _ in range(count)]):
                        done.result()
                finally:
                    waiting.clear()  # after an error or Ctrl-C nobody goes on
    return tuple(torch.cat(column) for column in zip(*(found[number] for number in range(most)), strict=True))


@contextmanager
def _one_thread_each(x: Tensor, most: int) -> Iterator[int]:
    """How many threads go to work, each of which computes alone: a third faster than all of them on one small product after another."""
    count = min(threads.for_evaluation(), most) if x.device.type == "cpu" else 1
    with threads.computing_on(1 if count > 1 else torch.get_num_threads()):
        yield count


class _Buffers:
    """What a thread overwrites again and again: noise and z, (rows, z_dim) each, and a copy of the logits, (rows, pixels)."""

    def __init__(self, model: Any, x: Tensor, rows: int) -> None:
        z_dim = model.enc(x[:1])[0].shape[1]
        self.noise, self.z = x.new_empty(2, rows, z_dim).unbind()
        self.logits = x.new_empty(rows, x.shape[1])

    def of(self, n: int, draws: int) -> tuple[Tensor, Tensor, Tensor]:
        """Their beginnings, as (n, draws, ...)."""
        noise, z, logits = (part[: n * draws].unflatten(0, (n, draws)) for part in (self.noise, self.z, self.logits))
        return noise, z, logits


def _bounds_of_few(
    model: Any, x: Tensor, iw: int, rows: int, generator: torch.Generator, buffers: _Buffers
) -> tuple[Tensor, ...]:
    """The same for a few images."""
    m, v = model.enc(x)  # (n, z_dim) each
    prior_m, prior_v = model.z_prior_m, model.z_prior_v
    kl = 0.5 * (torch.log(prior_v / v) + v / prior_v + (m - prior_m).square() / prior_v - 1).sum(1)  # (n,)
    n = len(x)
    mean, sd = m.unsqueeze(1), v.sqrt().unsqueeze(1)
    log_p, log_ratio = torch.empty(2, n, iw, dtype=torch.float64, device=x.device)
    done = 0
    while done < iw:
        draws = min(iw - done, max(1, rows // n))
        noise, z, work = buffers.of(n, draws)
        noise.normal_(generator=generator)
        torch.addcmul(mean, sd, noise, out=z)  # (n, draws, z_dim)
        now = slice(done, done + draws)
        log_p[:, now] = log_bernoulli(x, model.dec(z.flatten(0, 1)).unflatten(0, (n, draws)), work)
        # log p(z) − log q(z|x), but for what is the same for every z: (z − m)² / v is the noise squared.
        distance = z.sub_(prior_m).div_(prior_v.sqrt())
        log_ratio[:, now] = torch.linalg.vecdot(noise, noise) - torch.linalg.vecdot(distance, distance)
        done += draws
    # ... which is ½ Σ log(v / prior_v): the two 2π cancel.
    log_w = log_p + 0.5 * (log_ratio + torch.log(v / prior_v).sum(1, keepdim=True))  # (n, iw)
    log_sum, log_sum_squares = torch.logsumexp(log_w, 1), torch.logsumexp(2 * log_w, 1)
    return log_sum - math.log(iw), kl.double(), -log_p.mean(1), torch.exp(2 * log_sum - log_sum_squares)

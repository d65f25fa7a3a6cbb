"""How fast is log p(x) by importance sampling, 5,000 draws of z for every test image? VAE(nn="v1", z_dim=10), trained for 10 s.

    python -m tests.benchmarks.evaluation              ratios on a few images; a table, and JSON
    python -m tests.benchmarks.evaluation --all        also all 10,000 test images, in minutes
    python -m tests.benchmarks.evaluation --json build/evaluation.json

Beside `log_likelihood`: the plain way, which expands x to (10, 5000, 784); the decoder alone, its products and activations in buffers
that are made once, which is a ceiling; and pythae's `get_nll` on the same network (`pip install -e '.[bench]'`).
Never part of `make test`. Give it both cores and nothing else.
"""

import argparse
import copy
import itertools
import math
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.benchmarks.machine import machine, take_turns, write, yes
from tests.benchmarks.peers import pythae_model
from vae_course.data import binarize, load_mnist
from vae_course.evaluation import ROWS, Evaluation, log_likelihood
from vae_course.teach.reference import VAE
from vae_course.training import fit, start_at_mean_pixel

IW = 5_000
MINUTES, NAIVE, CEILING, NARROW, PYTHAE, MEGABYTES, NATS = 4.0, 2.0, 0.85, 1.7, 4.0, 600.0, 1e-3
"""What is accepted: minutes for all test images; times the plain way's speed; share of the decoder's own speed; the narrow decoder's
times the wide one's; times pythae's; memory; nats between us and the plain way."""


def trained(steps: int = 2_400) -> VAE:
    data = load_mnist("train")
    torch.manual_seed(0)
    model = VAE(nn="v1", z_dim=10)
    start_at_mean_pixel(model, data)
    fit(model, data, steps=steps, progress=False)
    return model.eval()


def naive(model: VAE, x: Tensor, noise: Callable[[int], Tensor]) -> Tensor:
    """The plain formula, ten images at a time: every tensor (10, 5000, 784) stands in memory. noise(n) is (n, 5000, z_dim)."""
    found = []
    with torch.no_grad():
        for images in x.split(10):
            m, v = (part.unsqueeze(1) for part in model.enc(images))  # (10, 1, z_dim)
            z = m + v.sqrt() * noise(len(images))  # (10, 5000, z_dim)
            logits = model.dec(z)
            pixels = images.unsqueeze(1).expand_as(logits)
            log_p = -F.binary_cross_entropy_with_logits(logits, pixels, reduction="none").sum(-1)
            log_ratio = 0.5 * (v.log() + (z - m) ** 2 / v - z**2).sum(-1)
            found.append(torch.logsumexp((log_p + log_ratio).double(), 1) - math.log(IW))
    return torch.cat(found)


def same_noise(z_dim: int, seed: int = 0) -> Callable[[int], Tensor]:
    """The noise that `log_likelihood` draws: image by image, as many draws at a time as it decodes."""
    numbers = itertools.count()

    def of_one_image() -> Tensor:
        generator = torch.Generator().manual_seed(1_000_003 * seed + next(numbers))
        sizes = [min(ROWS, IW - done) for done in range(0, IW, ROWS)]
        return torch.cat([torch.randn(size, z_dim, generator=generator) for size in sizes])

    def noise(images: int) -> Tensor:
        return torch.stack([of_one_image() for _ in range(images)])

    return noise


def decoder_alone(model: VAE, images: int) -> Callable[[], None]:
    """The ceiling: the decoder's products and activations for so many images, nothing else, in buffers that are made once."""
    layers = [layer for layer in model.dec.modules() if isinstance(layer, nn.Linear)]
    z = torch.randn(ROWS, layers[0].in_features)
    buffers = [torch.empty(ROWS, layer.out_features) for layer in layers]

    def work() -> None:
        with torch.no_grad():
            for _ in range(images * IW // ROWS):
                h = z
                for layer, buffer in zip(layers, buffers, strict=True):
                    h = torch.addmm(layer.bias, h, layer.weight.T, out=buffer)
                    if layer is not layers[-1]:
                        F.elu(h, inplace=True)

    return work


def megabytes(iw: int) -> float:
    """Peak memory of a process that evaluates two images with so many draws."""
    command = [sys.executable, "-m", "tests.benchmarks.evaluation", "--memory-of", str(iw)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _peak_megabytes() -> float:
    """Of this process alone: `ru_maxrss` would begin with what the process that started it had."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return float(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) / 1024


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--all", action="store_true", help="all 10,000 test images too")
    parser.add_argument("--memory-of", type=int, metavar="IW", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, default=Path("build/benchmark_evaluation.json"))
    args = parser.parse_args(argv)
    x = binarize(load_mnist("test").images, torch.Generator().manual_seed(1))  # (10000, 784)
    if args.memory_of:
        log_likelihood(VAE(nn="v1", z_dim=10), x[:2], args.memory_of)
        print(_peak_megabytes())
        return 0
    write(_compare(trained(), x, args.images, args.rounds, args.all), args.json)
    return 0


def narrowed(model: VAE) -> Any:
    """The model with a decoder that multiplies in bfloat16: 3 digits of each logit."""
    dec = copy.deepcopy(model.dec).bfloat16()
    return SimpleNamespace(
        enc=model.enc, dec=lambda z: dec(z.bfloat16()).float(), z_prior_m=model.z_prior_m, z_prior_v=model.z_prior_v
    )


def _compare(model: VAE, x: Tensor, count: int, rounds: int, everything: bool) -> dict[str, Any]:
    few = x[:count]
    narrow = narrowed(model)
    competitors: dict[str, Callable[[], Any]] = {
        "log_likelihood, float32": lambda: log_likelihood(model, few, IW),
        "log_likelihood, bfloat16 decoder": lambda: log_likelihood(narrow, few, IW),
        "plain: x expanded to (10, 5000, 784)": lambda: naive(model, few, lambda n: torch.randn(n, IW, model.z_dim)),
        "the decoder alone": decoder_alone(model, count),
    }
    part = max(1, count // 10)  # of the images, for pythae: it is slow
    if pythae_model.INSTALLED:
        peer = pythae_model.from_course(model).eval()
        competitors["pythae, get_nll"] = torch.no_grad()(lambda: peer.get_nll(few[:part], n_samples=IW))
    for work in competitors.values():
        work()
    seconds = take_turns(competitors, rounds)
    if pythae_model.INSTALLED:
        seconds["pythae, get_nll"] *= count / part
    ours = seconds["log_likelihood, float32"]
    print(f"{count} images with {IW:,} draws each, medians of {rounds}:")
    print(f"{'':38} {'seconds':>9} {'draws a second':>16} {'ours is':>12}")
    for name, each in seconds.items():
        print(f"{name:38} {each:9.2f} {count * IW / each:16,.0f} {each / ours:8.2f} times as fast")
    wide = log_likelihood(model, few, IW)
    apart = (wide.per_image - naive(model, few, same_noise(model.z_dim))).abs().max().item()
    peak = {iw: megabytes(iw) for iw in (IW, 10 * IW)}
    found: dict[str, Any] = {"images": count, "iw": IW, "rounds": rounds, "seconds": seconds, "nats_apart": apart}
    accepted = {
        f"at least {NAIVE:g} times the plain way": seconds["plain: x expanded to (10, 5000, 784)"] / ours >= NAIVE,
        f"at least {CEILING:.0%} of the decoder alone": seconds["the decoder alone"] / ours >= CEILING,
        f"within {NATS:g} nats of the plain way on the same noise ({apart:.1e})": apart <= NATS,
        f"at most {MEGABYTES:g} MB whatever iw ({peak})": max(peak.values()) <= MEGABYTES,
    }
    if machine()["avx512_bf16"]:
        ratio = ours / seconds["log_likelihood, bfloat16 decoder"]
        accepted[f"bfloat16 decoder {ratio:.2f} times float32, at least {NARROW:g}"] = ratio >= NARROW
    if pythae_model.INSTALLED:
        times = seconds["pythae, get_nll"] / ours
        accepted[f"{times:.1f} times pythae's draws a second, at least {PYTHAE:g}"] = times >= PYTHAE
    else:
        print("pythae: not measured; pip install -e '.[bench]' brings it.")
    if everything:
        for name, measured in (("float32", model), ("bfloat16", narrow)):
            start = time.perf_counter()
            result: Evaluation = log_likelihood(measured, x, IW)
            minutes = (time.perf_counter() - start) / 60
            print(f"all {len(x):,} test images, {name}: {minutes:.2f} minutes; {result}")
            found[f"all_{name}"] = {"minutes": minutes, "nll": result.nll}
            if name == "float32":
                accepted[f"at most {MINUTES:g} minutes for all of them in float32 ({minutes:.2f})"] = minutes <= MINUTES
    for sentence, holds in accepted.items():
        print(f"{sentence}: {yes(holds)}")
    return found | {"peak_megabytes": peak, "accepted": accepted}


if __name__ == "__main__":
    sys.exit(main())

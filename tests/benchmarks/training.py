"""How long until a test NELBO of 100 nats? Training as in lesson 04: `VAE(nn="v1", z_dim=20)` by `fit`.

    python -m tests.benchmarks.training                     one run for each of 3 seeds, a table, and JSON
    python -m tests.benchmarks.training --seeds 5 --json build/training.json

The clock runs while `fit` runs and stops while the test images are measured (all 10,000, binarized once by chance).
Never part of `make test`: a figure from a busy machine says nothing. Give it both cores and nothing else.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from vae_course.data import binarize, load_mnist
from vae_course.evaluation import evaluate
from vae_course.reference import VAE
from vae_course.training import Curves, fit, start_at_mean_pixel

TARGET = 100.0  # nats, test NELBO
LIMIT = 30.0  # seconds, on two cores
EVERY = 100  # steps between two looks at the test images


def time_to_target(seed: int, steps: int) -> dict[str, Any]:
    """Train once; when was the target reached, and what is reached at the end?"""
    data = load_mnist("train")
    x = binarize(load_mnist("test").images, torch.Generator().manual_seed(1))  # (10000, 784)
    torch.manual_seed(seed)
    model = VAE(nn="v1", z_dim=20)
    paused = 0.0
    reached: float | None = None
    start = time.perf_counter()

    def look(step: int, curves: Curves) -> None:
        nonlocal paused, reached
        if step % EVERY == 0 and reached is None:
            pause = time.perf_counter()
            if evaluate(model, x).nll <= TARGET:
                reached = pause - start - paused
            paused += time.perf_counter() - pause

    start_at_mean_pixel(model, data)
    curves = fit(model, data, steps=steps, seed=seed, progress=False, callback=look)
    seconds = time.perf_counter() - start - paused
    result = evaluate(model, x)
    return {
        "seed": seed,
        "steps": len(curves),
        "seconds": round(seconds, 2),
        "seconds_to_target": None if reached is None else round(reached, 2),
        "ms_per_step": round(1000 * seconds / len(curves), 2),
        "test_nelbo": round(result.nll, 2),
        "test_nelbo_standard_error": round(result.standard_error, 2),
    }


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=(fit.__kwdefaults__ or {})["steps"], help="default: fit's own")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", type=Path, default=Path("build/benchmark_training.json"))
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    print(
        f"{'seed':>4} {'steps':>6} {'seconds':>8} {'to ' + format(TARGET, '.0f'):>8} {'ms/step':>8} {'test NELBO':>14}"
    )
    runs = []
    for seed in range(args.seeds):
        run = time_to_target(seed, args.steps)
        runs.append(run)
        to_target = "never" if run["seconds_to_target"] is None else f"{run['seconds_to_target']:.1f}"
        print(
            f"{seed:>4} {run['steps']:>6} {run['seconds']:>8.1f} {to_target:>8} {run['ms_per_step']:>8.2f} "
            f"{run['test_nelbo']:>8.2f} ± {run['test_nelbo_standard_error']:.2f}",
            flush=True,
        )
    result = {
        "what": f"seconds of fit to a test NELBO of {TARGET:.0f}, VAE(nn='v1', z_dim=20), batch 100",
        "median_seconds": statistics.median(run["seconds"] for run in runs),
        "median_test_nelbo": statistics.median(run["test_nelbo"] for run in runs),
        "accepted": all(run["test_nelbo"] <= TARGET and run["seconds"] <= LIMIT for run in runs),
        "runs": runs,
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "threads": args.threads,
            "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
            "instructions": torch.backends.cpu.get_cpu_capability(),
            "torch": torch.__version__,
        },
    }
    print(
        f"median {result['median_seconds']:.1f} s, {result['median_test_nelbo']:.2f} nats; within {LIMIT:.0f} s and "
        f"{TARGET:.0f} nats in every run: {'yes' if result['accepted'] else 'NO'}\n"
        f"on {result['machine']}"
    )
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"written to {args.json}")
    return 0


def _processor() -> str:
    """The processor's name, where Linux tells it."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.is_file() else []
    return names[0].partition(":")[2].strip() if names else platform.processor()


if __name__ == "__main__":
    sys.exit(main())

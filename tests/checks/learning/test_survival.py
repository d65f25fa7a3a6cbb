"""Whatever an answer does, `check` comes back with a verdict, and the notebook is as it was."""

import contextlib
import math
import random
import re
import signal
import subprocess
import sys
import threading
import time
import warnings

import matplotlib
import numpy as np
import pytest
import torch

from vae_course import check
from vae_course.runner.answers.isolation import default_device

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))


def z(m, v):
    return m + v.sqrt() * torch.randn_like(m)


def log_p(x, m, v):
    return (-(x - m).square() / (2 * v) - v.log() / 2 - math.log(2 * math.pi) / 2).sum(-1)


class Always(torch.Tensor):
    """Everything about it is said to be as it should."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True

    def __eq__(self, other):
        return True


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("even this")


class Breaks(torch.autograd.Function):
    """A backward pass of the learner's own, which raises."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise ArithmeticError("on the way back")


def raises(error):
    def answer(*arguments):
        raise error

    return answer


def endless(*arguments):
    return endless(*arguments)


def in_place(m, v):
    with torch.no_grad():
        m.zero_()
    return z(m, v)


def spoiled_graph(m, v):
    scale = v.sqrt()
    out = m + scale * torch.randn_like(m)
    scale.zero_()
    return out


def hooked(m, v):
    out = z(m, v)
    out.register_hook(lambda gradient: gradient * 2)
    return out


def bad_hook(m, v):
    out = z(m, v)
    out.register_hook(lambda gradient: [][0])
    return out


def quits(m, v):
    quit()


SAMPLES = {
    "an exception": (raises(ValueError("no luck")), "raised", r"ValueError \(line \d+: raise error\): no luck"),
    "sys.exit": (lambda m, v: sys.exit(3), "raised", "SystemExit.*return"),
    "quit": (quits, "raised", "SystemExit"),
    "GeneratorExit": (raises(GeneratorExit()), "raised", "GeneratorExit"),
    "StopIteration": (raises(StopIteration()), "raised", "StopIteration"),
    "a bare BaseException": (raises(BaseException("odd")), "raised", "odd"),
    "an error without words": (raises(Unspeakable()), "raised", "Unspeakable"),
    "an error with many words": (raises(ValueError("x " * 100_000)), "raised", r"x x .* \.\.\."),
    "recursion": (endless, "raised", "RecursionError"),
    "recursion without a limit": (lambda m, v: (sys.setrecursionlimit(5000), endless(m)), "raised", "RecursionError"),
    "memory": (lambda m, v: torch.empty(10**13), "raised", "memory"),
    "input": (lambda m, v: input(), "raised", "EOFError"),
    "asserts": (lambda m, v: torch.testing.assert_close(m, v), "raised", "AssertionError"),
    "backward raises": (lambda m, v: Breaks.apply(z(m, v)), "raised", "On the way back.*ArithmeticError"),
    "hook raises": (bad_hook, "raised", "On the way back.*IndexError"),
    "graph spoiled in place": (spoiled_graph, "raised", "On the way back.*inplace"),
    "hook changes the gradient": (hooked, "wrong", "dz/dm is 2"),
    "None": (lambda m, v: None, "wrong", "returned None"),
    "nothing of use": (lambda m, v: object(), "wrong", "is a object"),
    "a list": (lambda m, v: [m, v], "wrong", "list"),
    "an empty tuple": (lambda m, v: (), "wrong", "tuple"),
    "a pair": (lambda m, v: (z(m, v), v), "", ""),
    "numpy": (lambda m, v: m.detach().numpy(), "wrong", "ndarray"),
    "numpy objects": (lambda m, v: np.array([None, 1]), "wrong", "ndarray"),
    "a subclass": (lambda m, v: z(m, v).as_subclass(Always), "wrong", "Always"),
    "complex": (lambda m, v: z(m, v).to(torch.complex64), "wrong", "complex64"),
    "half": (lambda m, v: z(m, v).half(), "wrong", "float16"),
    "bfloat16": (lambda m, v: z(m, v).bfloat16(), "wrong", "bfloat16"),
    "integers": (lambda m, v: m.long(), "wrong", "int64"),
    "booleans": (lambda m, v: m > 0, "wrong", "torch.bool"),
    "a bool": (lambda m, v: True, "wrong", "bool"),
    "a huge int": (lambda m, v: 10**100, "wrong", "int"),
    "sparse": (lambda m, v: z(m, v).to_sparse(), "wrong", "sparse"),
    "meta": (lambda m, v: z(m, v).to("meta"), "wrong", "device meta"),
    "nested": (lambda m, v: torch.nested.nested_tensor([m.detach()[0], v.detach()[0]]), "wrong", "nested|Nested"),
    "no entries": (lambda m, v: z(m, v)[:0], "wrong", "shape"),
    "nan": (lambda m, v: z(m, v) * torch.nan, "wrong", "nan|finite"),
    "infinity": (lambda m, v: z(m, v) / 0, "wrong", "inf|nan|finite"),
    "a generator": (lambda m, v: (row for row in z(m, v)), "wrong", "generator"),
    "a module": (lambda m, v: torch.nn.Linear(1, 1), "wrong", "Linear"),
    "a method of the input": (lambda m, v: m.detach_().add(z(m, v)), "wrong", "gradient"),
    "in place": (in_place, "wrong", "in place"),
    "resized input": (lambda m, v: (m.detach().resize_(0), z(m, v))[1], "", ""),
    "arguments": (lambda m: m, "raised", "TypeError.*positional"),
}

LOG_DENSITIES = {
    "right": (log_p, "correct", ""),
    "sys.exit": (lambda x, m, v: sys.exit(), "raised", "SystemExit"),
    "None": (lambda x, m, v: None, "wrong", "returned None"),
    "math.sqrt of a tensor": (lambda x, m, v: log_p(x, m, v) + 0 * math.sqrt(float(v.sum())), "", ""),
    "numpy on the way": (lambda x, m, v: torch.tensor(log_p(x, m, v).detach().numpy()), "wrong", "gradient"),
    "float for a tensor": (lambda x, m, v: log_p(x, m, v).sum().item(), "wrong", "float|shape"),
    "sparse": (lambda x, m, v: log_p(x, m, v).to_sparse(), "wrong", "sparse"),
    "meta": (lambda x, m, v: log_p(x, m, v).to("meta"), "wrong", "device meta"),
    "backward raises": (lambda x, m, v: Breaks.apply(log_p(x, m, v)), "raised", "On the way back.*ArithmeticError"),
    "a subclass": (lambda x, m, v: log_p(x, m, v).as_subclass(Always), "wrong", "Always"),
    "half": (lambda x, m, v: log_p(x, m, v).half(), "wrong", "float16"),
    "a wrong dictionary": (lambda x, m, v: {"log p": log_p(x, m, v)}, "wrong", "log p"),
}

TABLE = [("sample_gaussian", name, *row) for name, row in SAMPLES.items()]
TABLE += [("log_normal", name, *row) for name, row in LOG_DENSITIES.items()]


@pytest.mark.parametrize(
    ("exercise", "name", "answer", "status", "words"), TABLE, ids=[f"{r[0]}-{r[1]}" for r in TABLE]
)
def test_every_answer_gets_a_verdict(exercise, name, answer, status, words, recwarn, capfd):
    """An empty status: either verdict will do, as long as there is one."""
    found = check(answer, exercise)
    assert found.status in ((status,) if status else ("correct", "wrong", "raised"))
    assert "could not examine" not in found.message and len(found.message) < 3000
    assert words == "" or re.search(words, found.message, re.DOTALL), found.message
    assert not recwarn.list and capfd.readouterr() == ("", "")


def notebook():
    """What belongs to the learner."""
    return {
        "python's numbers": random.getstate(),
        "numpy's numbers": [str(part) for part in np.random.get_state()],
        "torch's numbers": torch.get_rng_state().tolist(),
        "dtype": torch.get_default_dtype(),
        "device": default_device(),
        "gradients": (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_anomaly_enabled()),
        "threads": torch.get_num_threads(),
        "determinism": torch.get_deterministic_debug_mode(),
        "precision": torch.get_float32_matmul_precision(),
        "figures": (plt.get_fignums(), [len(axes.lines) for n in plt.get_fignums() for axes in plt.figure(n).axes]),
        "filters": list(warnings.filters),
        "streams": (sys.stdout, sys.stderr, sys.stdin, warnings.showwarning),
        "recursion": sys.getrecursionlimit(),
        "signals": (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)),
        "threads alive": threading.active_count(),
    }


DISTURBANCES = {
    "generators": lambda: (random.seed(1), np.random.seed(1), torch.manual_seed(1)),
    "dtype": lambda: torch.set_default_dtype(torch.float64),
    "threads": lambda: torch.set_num_threads(torch.get_num_threads() + 1),
    "determinism": lambda: torch.use_deterministic_algorithms(True),
    "no gradients": lambda: torch.set_grad_enabled(False),
    "inference": lambda: torch.inference_mode().__enter__(),
    "anomalies": lambda: torch.autograd.set_detect_anomaly(True),
    "device": lambda: torch.set_default_device("meta"),
    "precision": lambda: torch.set_float32_matmul_precision("medium"),
    "filters": lambda: (warnings.simplefilter("error"), warnings.resetwarnings()),
    "warnings": lambda: (warnings.warn("noise", stacklevel=1), math.sqrt(torch.ones((), requires_grad=True))),
    "output": lambda: (print("noise"), print("noise", file=sys.stderr), setattr(sys, "stdout", None)),
    "figures": lambda: (plt.plot([1, 2]), plt.show(), plt.close("all"), plt.figure(), plt.plot([1, 2])),
    "recursion limit": lambda: sys.setrecursionlimit(400),
}


@pytest.mark.parametrize("ending", ["returns", "raises", "exits"])
@pytest.mark.parametrize("disturb", DISTURBANCES.values(), ids=list(DISTURBANCES))
def test_nothing_that_an_answer_sets_is_left_behind(disturb, ending, capfd, recwarn):
    def answer(m, v):
        disturb()
        if ending == "raises":
            raise ValueError
        if ending == "exits":
            sys.exit()
        return z(m, v)

    plt.figure()
    plt.plot([3, 4])
    before = notebook()
    try:
        found = check(answer, "sample_gaussian")
        after = notebook()
        assert [name for name in before if before[name] != after[name]] == []
        assert found.status in (("raised",) if ending != "returns" else ("correct", "wrong", "raised"))
        assert not recwarn.list and capfd.readouterr() == ("", "")
        assert check(z, "sample_gaussian")
    finally:
        plt.close("all")


@pytest.mark.slow
def test_a_stopped_answer_leaves_nothing_behind_and_the_learners_alarm_still_rings():
    rung = []

    def answer(m, v):
        torch.set_default_dtype(torch.float64)
        torch.manual_seed(1)
        while True:
            try:
                time.sleep(1)
            except BaseException:
                pass

    handler = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        before = notebook()
        signal.setitimer(signal.ITIMER_REAL, 60, 7)
        assert check(answer, "sample_gaussian").status == "timed out"
        left, interval = signal.setitimer(signal.ITIMER_REAL, 0)
        assert 0 < left < 60 and interval == 7 and not rung
        assert [name for name, value in notebook().items() if before[name] != value] == []
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        check(lambda m, v: time.sleep(0.7), "sample_gaussian")
        for _ in range(100):
            time.sleep(0.05)
            if rung:
                break
        assert rung, "an alarm that was due during the check rings after it"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


@pytest.mark.parametrize("mode", ["float64", "device", "device of a with", "inference", "warnings are errors"])
def test_a_right_answer_passes_whatever_the_notebook_has_set(mode):
    device, dtype = default_device(), torch.get_default_dtype()
    own_device = torch.device("meta") if mode == "device of a with" else contextlib.nullcontext()
    try:
        with own_device, torch.inference_mode(mode == "inference"), warnings.catch_warnings():
            if mode == "float64":
                torch.set_default_dtype(torch.float64)
            if mode == "device":
                torch.set_default_device("meta")
            if mode == "warnings are errors":
                warnings.simplefilter("error")
            verdicts = check(z, "sample_gaussian"), check(log_p, "log_normal")
    finally:
        torch.set_default_dtype(dtype)
        torch.set_default_device(None if device.type == "cpu" else device)
    assert all(verdicts), verdicts


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_an_answer_runs_outside_any_mode_of_torch_that_its_interruption_could_lose(device):
    """A default device is such a mode: of 400 endless loops over `len(tensor)`, 9 were stopped while torch had left it."""
    modes = []

    def watched(m, v):
        modes.append(len(torch.overrides._get_current_function_mode_stack()))
        return z(m, v)

    try:
        torch.set_default_device(None if device == "cpu" else device)
        assert check(watched, "sample_gaussian")
        assert default_device().type == device, "the notebook's own is put back"
    finally:
        torch.set_default_device(None)
    assert set(modes) == {0}


def test_a_right_answer_that_is_slow_passes():
    """0.3 seconds a call: far slower than any loop over entries, and within the limit of a call."""

    def slow(m, v):
        time.sleep(0.3)
        return z(m, v)

    assert check(slow, "sample_gaussian")


def test_waiting_costs_no_computing_time_and_has_a_longer_limit(monkeypatch):
    monkeypatch.setattr("vae_course.checks.engine.examine.WHOLE_CHECK", 0)

    def waits(m, v):
        time.sleep(0.25)  # of the processor, on a busy machine: together twice what computing may take
        return z(m, v)

    assert check(waits, "sample_gaussian")


def test_an_answer_whose_calls_together_take_too_long_keeps_its_points(monkeypatch):
    monkeypatch.setattr("vae_course.checks.engine.examine.WHOLE_CHECK", 0)  # but never less than one call may take: 1.8

    def slow(m, v):
        until = time.thread_time() + 0.5
        while time.thread_time() < until:
            pass
        return z(m, v)

    found = check(slow, "sample_gaussian")
    assert found.status == "timed out" and found.points > 0 and "seconds together" in found.message


@pytest.mark.parametrize("misbehave", [raises(KeyError()), raises(SystemExit()), endless, spoiled_graph, bad_hook])
def test_a_wrong_answer_that_misbehaves_while_its_reason_is_sought_stays_wrong(misbehave):
    def wrong(m, v):
        if m.shape == (96, 96):  # only the search for the reason asks for this shape
            return misbehave(m, v)
        return m + v * torch.randn_like(m)

    found = check(wrong, "sample_gaussian")
    assert found.status == "wrong" and found.points == 3 and found.misconception == ""


def test_the_learners_interrupt_ends_the_check_and_leaves_nothing_behind():
    code = """
import os, signal, sys, threading, torch
from vae_course import check
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts its background jobs deaf to it
def sample_gaussian(m, v):
    torch.set_default_dtype(torch.float64)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    while True: pass
out = sys.stdout
try:
    check(sample_gaussian)
except KeyboardInterrupt:
    assert sys.stdout is out and torch.get_default_dtype() == torch.float32
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "interrupted\n", done.stderr


def test_without_signals_another_thread_stops_the_answer(monkeypatch):
    monkeypatch.delattr(signal, "SIGALRM")

    def answer(m, v):
        while True:
            try:
                torch.randn(10)
            except BaseException:
                pass

    assert check(answer, "sample_gaussian").status == "timed out"
    assert check(z, "sample_gaussian")

"""vae-course doctor: does everything that the lessons need work here, and if not, what to do next."""

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, version

from . import workspace

REINSTALL = (
    "set up again: delete the folder .venv and run `make lab`"
    if workspace.clone()
    else "set up again, in a new environment: pip install the course's wheel with [lab] behind its name"
)


@dataclass(frozen=True)
class Item:
    """One thing that was looked at. `advice` says what to do next where it is not ok."""

    what: str
    ok: bool
    advice: str = ""
    needed: bool = True  # False: lessons run without it

    def __str__(self) -> str:
        return f"{'ok    ' if self.ok else 'not ok'}  {self.what}" + ("" if self.ok else f"\n        -> {self.advice}")


def examine() -> list[Item]:
    """Look at everything; no check stops the others, whatever it meets."""
    checks = (_python, _packages, _cpu_torch, _lessons, _data, _weights, _pip, _sandbox)
    of_a_clone = (_chromium,) if workspace.clone() else ()  # an installed course has no tests
    return [_guarded(check) for check in (*checks, *of_a_clone)]


def _guarded(check: Callable[[], Item]) -> Item:
    try:
        return check()
    except Exception as error:  # a doctor that falls ill with the patient helps nobody
        what = (check.__doc__ or check.__name__).rstrip(".")
        return Item(f"{what}: {type(error).__name__}: {error}", False, REINSTALL)


def _python() -> Item:
    """Python."""
    what = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return Item(what, sys.version_info >= (3, 11), "the course needs Python 3.11 or newer")


def _packages() -> Item:
    """The packages that the lessons use."""
    found, missing = [], []
    for name in ("torch", "numpy", "matplotlib", "ipywidgets", "jupyterlab", "safetensors", "tqdm"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    what = ", ".join(found) if not missing else f"missing: {', '.join(missing)}"
    return Item(what, not missing, REINSTALL)


def _cpu_torch() -> Item:
    """PyTorch without CUDA."""
    import torch

    torch.ones(2, 2) @ torch.ones(2, 2)
    heavy = cuda_packages()
    what = f"PyTorch computes, on {torch.get_num_threads()} threads"
    if heavy:
        what = f"PyTorch brought {len(heavy)} CUDA packages that the course does not need ({heavy[0]}, ...)"
    return Item(what, not heavy, "harmless but large; to save the space, " + REINSTALL, needed=False)


def cuda_packages() -> list[str]:
    """Installed distributions that only a GPU needs."""
    names = {(distribution.metadata["Name"] or "").lower() for distribution in distributions()}
    return sorted(name for name in names if name.startswith(("nvidia-", "cuda-")) or name == "triton")


def _lessons() -> Item:
    """The lessons."""
    folder = workspace.lessons_folder()
    count = len(list(folder.glob("*.ipynb")))
    return Item(f"{count} lessons in {folder}", count > 0, f"that folder is empty; {REINSTALL}")


def _data() -> Item:
    """The MNIST data."""
    from .data import load_mnist

    images = sum(len(load_mnist(split).images) for split in ("train+valid", "test"))
    return Item(f"MNIST: {images:,} images", images == 70_000, REINSTALL)


def _weights() -> Item:
    """The trained models."""
    from . import given

    names = ("v1_z2", "v1_z20")
    for name in names:
        given.trained(name)
    return Item(f"trained models: {', '.join(names)}", True)


def _pip() -> Item:
    """pip."""
    try:
        return Item(f"pip {version('pip')}", True, needed=False)
    except PackageNotFoundError:
        return Item("pip is missing", False, "run `python -m ensurepip`", needed=False)


def _sandbox() -> Item:
    """Marking a class."""
    try:
        from .teach.grading.sandbox import sandbox
    except ModuleNotFoundError:  # the student edition
        what, advice = (
            "marking a class: not in this edition",
            "only teachers need it: use the full course",
        )
        return Item(what, False, advice, needed=False)
    missing = sandbox.available()
    advice = f"only `vae-course grade` needs it. {missing}"
    return Item(f"marking a class: {'no sandbox' if missing else 'in a sandbox'}", not missing, advice, needed=False)


def _chromium() -> Item:
    """A browser for the course's own tests."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    advice = "only `make test` needs it: install Debian's package chromium"
    return Item(f"browser for the tests: {path or 'no Chromium'}", path is not None, advice, needed=False)

"""Make an environment, install the course into it as it lies here, and try what learners use: `python -m tests.environments [NAME ...]`.

In each the learners' tests pass, and the solved lessons 00, 01, 02 and 04 run with every answer accepted. Environments are made by uv in a
temporary folder and thrown away. `TORCH_INDEX` may name an index of PyTorch's CPU builds; where it cannot be reached, the registry's are taken.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = {
    "lowest": ["--resolution", "lowest-direct"],
    "newest": ["--upgrade"],
    "colab": ["--constraints", str(Path(__file__).with_name("colab.txt"))],
}
PYTHON = {"colab": "3.12"}
"""Of Python too; elsewhere the one that runs this."""
BESIDE = ["pytest>=8", "ipykernel>=6.17", "nbclient>=0.10", "nbformat>=5.10"]
"""What the trial itself needs, and every notebook."""
LEARNERS_TESTS = (
    "tests/checks/learning",
    "tests/test_workspace.py",
    "tests/test_training.py",
    "tests/data",
    "tests/figures",
)
LESSONS = ("00_start_here", "01_reparameterization", "02_kl_divergence", "04_nelbo")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.environments", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ENVIRONMENTS))
    names = parser.parse_args().names or list(ENVIRONMENTS)
    if unknown := [name for name in names if name not in ENVIRONMENTS]:
        parser.error(f"there is no environment {unknown[0]!r}; there are {', '.join(ENVIRONMENTS)}")
    failed = [name for name in names if not stands(name)]
    print(f"failed: {', '.join(failed)}" if failed else "the course works in each")
    return 1 if failed else 0


def stands(name: str) -> bool:
    """Try one environment, and print what was found."""
    with tempfile.TemporaryDirectory() as folder:
        python = str(Path(folder) / "venv" / "bin" / "python")
        uv = [sys.executable, "-m", "uv", "--quiet"]
        environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PIP_CONSTRAINT")}
        environment |= {"VAE_COURSE_HOME": str(Path(folder) / "home"), "UV_CONCURRENT_BUILDS": "1"}

        def run(*command: str) -> bool:
            return subprocess.run(command, cwd=ROOT, env=environment).returncode == 0

        pytest = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow")
        wanted = [*ENVIRONMENTS[name], *torch_index(), ".", *BESIDE]
        print(f"== {name}", flush=True)
        return (
            run(*uv, "venv", "--python", python_for(name), str(Path(folder) / "venv"))
            and run(*uv, "pip", "install", "--compile-bytecode", "--python", python, *wanted)  # as pip does
            and run(*uv, "pip", "list", "--python", python)
            and run(*pytest, *LEARNERS_TESTS)
            and run(python, "-m", "tests.environments.lessons", *LESSONS)
        )


def python_for(name: str) -> str:
    """The Python that an environment has, or this one, where no such is installed here."""
    wanted = PYTHON.get(name, "")
    found = [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", wanted]
    if wanted and subprocess.run(found, capture_output=True).returncode:
        print(f"no Python {wanted} here: tried with {sys.version.split()[0]}", flush=True)
        return sys.executable
    return wanted or sys.executable


def torch_index() -> list[str]:
    """uv's options for the index of CPU builds, if it is named and can be reached."""
    index = os.environ.get("TORCH_INDEX", "")
    try:
        if index:
            urllib.request.urlopen(f"{index}/torch/", timeout=10).close()
    except OSError:
        index = ""
    return ["--extra-index-url", index, "--index-strategy", "unsafe-best-match"] if index else []


if __name__ == "__main__":
    sys.exit(main())

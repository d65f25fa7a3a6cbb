"""The environment: what is installed here, and what Binder would install."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import distributions
from pathlib import Path

import pytest

from vae_course.doctor import cuda_packages

ROOT = Path(__file__).resolve().parent.parent

yaml = pytest.importorskip("yaml")


def pins() -> dict[str, str]:
    """{normalised name: version} of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {normalised(name): version for name, version in pairs}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pip_section() -> list[str]:
    """The lines that environment.yml hands to pip."""
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (section,) = (entry["pip"] for entry in dependencies if isinstance(entry, dict))
    return section


def test_torch_came_without_cuda():
    assert not cuda_packages()


def test_everything_that_the_course_needs_is_pinned_and_installed_as_pinned():
    pinned = pins()
    # By the environment's own folder: once imported, setuptools shows copies of packages that it carries along.
    here = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    installed = {normalised(d.metadata["Name"]): d.version.split("+")[0] for d in distributions(path=here)}
    differing = {
        name: (installed[name], pinned[name]) for name in pinned if installed.get(name, pinned[name]) != pinned[name]
    }
    differing.pop("setuptools", None)  # builds the course in an environment of its own
    assert not differing, f"(installed, pinned): {differing}; delete .venv and run `make setup-test`"
    needed = needed_by("vae-course")
    assert not needed - set(pinned), f"not pinned: {needed - set(pinned)}"


def needed_by(name: str) -> set[str]:
    """The names of all distributions that one needs, those for its extras and those they need included."""
    from importlib.metadata import distribution

    from packaging.requirements import Requirement

    seen: set[str] = set()
    waiting = [(normalised(name), frozenset({"test"}))]
    done: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        current, extras = waiting.pop()
        if (current, extras) in done:
            continue
        done.add((current, extras))
        for text in distribution(current).requires or []:
            requirement = Requirement(text)
            wanted = (
                [requirement.marker.evaluate({"extra": extra}) for extra in extras | {""}]
                if requirement.marker
                else [True]
            )
            if any(wanted):
                found = normalised(requirement.name)
                seen.add(found)
                waiting.append((found, frozenset(requirement.extras)))
    return seen - {normalised(name)}


def test_make_installs_what_is_pinned_in_a_folder_with_a_space_in_its_name(tmp_path: Path):
    """Nothing is installed: the Makefile's pip is asked for the version that is here, and for one that is not pinned."""
    course = tmp_path / "My Course" / "the vae"
    course.mkdir(parents=True)
    for name in ("Makefile", "constraints.txt"):
        shutil.copy(ROOT / name, course)
    (course / ".venv").symlink_to(sys.prefix)
    version = pins()["numpy"]
    for wanted, code in ((version, 0), ("1.0", 2)):
        probe = f"probe: ; @$(PY) -m pip install --no-index --no-deps --dry-run numpy=={wanted}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE"))}
        command = ["make", "-s", f"--eval={probe}", "probe"]
        done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == code, done.stderr
        assert (f"(constraint) numpy=={version}" in done.stdout + done.stderr) == (code != 0)


def test_binder_gets_cpu_torch_the_pins_and_the_course():
    section = pip_section()
    assert section[0].startswith("--extra-index-url ") and section[0].endswith("/cpu")
    assert section[1:] == ["-c constraints.txt", "torch", "jupyterlab", "matplotlib", "ipywidgets", "nbval", "-e ."]


def test_repo2docker_accepts_the_repository():
    command = [str(Path(sys.executable).with_name("jupyter-repo2docker")), "--no-build", "--debug", "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    report = done.stdout + done.stderr
    assert done.returncode == 0, report
    assert "Building conda environment for python=3.11" in report, "environment.yml must be what decides"
    # `-e .` needs the repository in the image before the environment is made from it.
    steps = report.splitlines()
    copied = next(i for i, step in enumerate(steps) if re.match(r"COPY .*src/ ", step))
    made = next(i for i, step in enumerate(steps) if "env update" in step and "environment.yml" in step)
    assert copied < made


@pytest.mark.slow
def test_environment_ymls_pip_section_installs_into_a_fresh_venv(tmp_path: Path):
    """All but the CPU index, which not every machine reaches; without it torch may come from wherever pip looks."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(tmp_path / "course")], check=True)
    course = tmp_path / "course"
    (course / "binder.txt").write_text("\n".join(line for line in pip_section() if "index" not in line))
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = subprocess.run(
        [python, "-m", "pip", "install", "-q", "-r", "binder.txt"],
        cwd=course,
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert install.returncode == 0, install.stderr
    code = "import torch, vae_course.given, jupyterlab; print(torch.ones(2).sum().item(), vae_course.__file__)"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.stdout.split() == ["2.0", str(course / "vae_course" / "__init__.py")], done.stderr


def test_what_is_pinned_can_be_installed_by_the_oldest_python_that_people_have():
    """Debian 12's: 3.11.2, which some packages leave out though they take later ones of 3.11."""
    from packaging.specifiers import SpecifierSet

    here = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    asked = {d.metadata["Name"]: d.metadata.get("Requires-Python", "") for d in distributions(path=here)}
    pinned = pins()
    too_new = {
        name: wish for name, wish in asked.items() if normalised(name) in pinned and "3.11.2" not in SpecifierSet(wish)
    }
    assert not too_new, f"pin older ones: {too_new}"

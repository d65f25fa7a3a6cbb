"""A pytest plugin for nbval: each notebook's kernel gets the environment that `vae-course build` ran it in.

    pytest -p tests.teach.authoring.nbval_like_build --nbval solutions

Above all an empty VAE_COURSE_HOME for each: with one home for all lessons, `progress()` would count the earlier ones,
and print something else than it did in the build. And an empty working folder: lesson 07 writes a file.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from vae_course.teach.authoring.execute import kernel_environment

_homes = pytest.StashKey[str]()
_FOLDERS: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before the notebook's first cell starts the kernel, which inherits the environment of this process."""
    notebook = item.parent
    if notebook is None or Path(notebook.path).suffix != ".ipynb" or _homes in notebook.stash:
        return
    notebook.stash[_homes] = folder = tempfile.mkdtemp()
    _FOLDERS.append(folder)
    os.environ.update(kernel_environment(folder))
    # nbval starts kernels in the notebook's own folder; IPython runs this before the first cell.
    startup = Path(os.environ["IPYTHONDIR"]) / "profile_default" / "startup"
    startup.mkdir(parents=True)
    work = Path(folder) / "work"
    work.mkdir()
    (startup / "00-folder.py").write_text(f"import os\n\nos.chdir({str(work)!r})\ndel os\n", encoding="utf-8")


def pytest_sessionfinish() -> None:
    while _FOLDERS:
        shutil.rmtree(_FOLDERS.pop(), ignore_errors=True)

"""A folder is made beside the place where it is to stand: what fails leaves nothing, and what stands there as it was."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def beside(out: Path) -> Iterator[Path]:
    """A path on the disk of `out` at which nothing is yet, and nothing will be when this ends."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield folder / "made"
    finally:
        shutil.rmtree(folder, ignore_errors=True)

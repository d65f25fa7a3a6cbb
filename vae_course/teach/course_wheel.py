"""The course as a wheel, built from the clone as a release is."""

import subprocess
import sys
from pathlib import Path


def build_wheel(root: Path, folder: Path) -> Path:
    """Build it into `folder`.

    Raises:
        subprocess.CalledProcessError: pip could not, and has said why.
    """
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(root)]
    subprocess.run(pip, check=True)
    [course] = folder.glob("vae_course-*.whl")
    return course

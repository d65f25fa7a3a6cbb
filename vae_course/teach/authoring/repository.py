"""Where the repository lives: one setting, `[tool.vae-course]` in pyproject.toml, from which all links and badges are made.

While `repository` is empty there are none, and a lesson's first cell says how the course is installed instead of fetching it.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from vae_course.teach.authoring.problems import Problem

README = Path("README.md")
_BADGES = re.compile(r"(?<=<!-- badges -->\n).*?(?=<!-- /badges -->)", re.S)
_INSTALLED = """#@title Set up: does nothing where the course is installed
from importlib.util import find_spec

if find_spec("vae_course") is None:
"""
_FETCH = """    import subprocess
    import sys

    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "vae-course @ git+{url}@{branch}"], check=True)"""
_SAY = """    raise ModuleNotFoundError("The course is missing here: pip install its wheel into this kernel's Python, and restart the kernel.")"""


@dataclass(frozen=True)
class Repository:
    """A public repository on GitHub.

    Args:
        name: "owner/name", or an empty string while there is none.
        branch: the one that links lead to.
    """

    name: str
    branch: str

    @classmethod
    def of(cls, root: Path) -> "Repository":
        """What pyproject.toml says.

        Raises:
            ValueError: the setting is neither empty nor "owner/name"; the sentence says where it stands.
        """
        file = root / "pyproject.toml"
        read = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        setting = read.get("tool", {}).get("vae-course", {})
        name, branch = setting.get("repository", ""), setting.get("branch", "main")
        if name and not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
            raise ValueError(
                f'pyproject.toml, [tool.vae-course]: expected repository = "owner/name" or "", got {name!r}.'
            )
        return cls(name, branch)

    @property
    def url(self) -> str:
        return f"https://github.com/{self.name}"

    def set_up(self) -> str:
        """The first cell of every lesson: it fetches the course where it is missing, as on Colab."""
        return _INSTALLED + (_FETCH.format(url=self.url, branch=self.branch) if self.name else _SAY)

    def doors(self, lesson: str) -> dict[str, str]:
        """The ways in which a lesson opens by a link: {its name: the address}; empty while there is no repository."""
        path = f"notebooks/{lesson}.ipynb"
        if not self.name:
            return {}
        return {
            "Colab": f"https://colab.research.google.com/github/{self.name}/blob/{self.branch}/{path}",
            "Binder": f"https://mybinder.org/v2/gh/{self.name}/{quote(self.branch, safe='')}?labpath={quote(path, safe='')}",
            "Kaggle": f"https://kaggle.com/kernels/welcome?src={self.url}/blob/{self.branch}/{path}",
        }

    def links(self, lesson: str) -> str:
        """The line under a lesson's title."""
        doors = self.doors(lesson)
        return f"Open it in {', '.join(f'[{name}]({address})' for name, address in doors.items())}." if doors else ""


def write(root: Path) -> list[Problem]:
    """Put the README's badges in, or out. Nothing can go wrong: the list of problems is empty."""
    if problems(root):
        (root / README).write_text(_with_badges(root), encoding="utf-8")
        print(f"wrote    {README}")
    return []


def problems(root: Path) -> list[Problem]:
    """The drift gate: the README's badges are not those of the repository."""
    if not (root / README).exists() or _with_badges(root) == (root / README).read_text(encoding="utf-8"):
        return []
    return [Problem(README, 0, "the badges of [tool.vae-course] in pyproject.toml", "others", "vae-course build")]


def _with_badges(root: Path) -> str:
    doors = Repository.of(root).doors("00_start_here")
    pictures = {
        "Colab": "https://colab.research.google.com/assets/colab-badge.svg",
        "Binder": "https://mybinder.org/badge_logo.svg",
        "Kaggle": "https://kaggle.com/static/images/open-in-kaggle.svg",
    }
    badges = " ".join(f"[![Open in {name}]({pictures[name]})]({address})" for name, address in doors.items())
    return _BADGES.sub(f"{badges}\n" if badges else "", (root / README).read_text(encoding="utf-8"))

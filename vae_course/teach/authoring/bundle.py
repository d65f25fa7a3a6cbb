"""`vae-course bundle`: a folder for a USB stick, from which the course is set up in a room without a network.

    vae-course bundle [--out FOLDER] [--platform windows] [--python 3.12] [--site FOLDER]

In it lie `wheels/` (the course with lessons and data, CPU PyTorch, JupyterLab and all that they need), `install.py`, which sets up from them
alone, `site/`, to be read, if one has been made, `READ-ME.txt`, and `SHA256SUMS`, by which `install.py` notices what a copy has lost. A stick serves one platform and one version of Python: those of this
machine, or those that are named.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from vae_course import workspace
from vae_course.teach.authoring.beside import beside
from vae_course.teach.course_wheel import build_wheel

STICK = Path(__file__).with_name("stick")
INSTALL = STICK / "install.py"
SUMS = "SHA256SUMS"
"""The list of a stick's files."""


@dataclass(frozen=True)
class Platform:
    """A system for which a stick can be made.

    Args:
        tags: pip's names of it, the newest first: a wheel for any of them runs there.
        target: uv's name, for which it resolves: pip resolves for the machine that it runs on.
    """

    tags: tuple[str, ...]
    target: str


PLATFORMS = {
    "linux": Platform(
        ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64"),
        "x86_64-manylinux_2_28",
    ),
    "windows": Platform(("win_amd64",), "x86_64-pc-windows-msvc"),
    "macos": Platform(
        tuple(f"macosx_{n}_0_{kind}" for n in (14, 13, 12, 11) for kind in ("arm64", "universal2")),
        "aarch64-apple-darwin",
    ),
}
ONLY_FOR_A_GPU = re.compile(r"(nvidia|cuda)-|triton==")


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="vae-course bundle", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--out", metavar="FOLDER", help="where it is made (build/stick; for others build/stick-windows-3.12, say)"
    )
    parser.add_argument(
        "--platform", metavar="TAG", help=f"{', '.join(PLATFORMS)}, or a tag of pip's; default: this machine's"
    )
    parser.add_argument("--python", metavar="3.12", help="default: this one's")
    parser.add_argument("--site", metavar="FOLDER", help="what `vae-course site` has made (build/site, if it is there)")
    arguments = parser.parse_args(argv)
    root = workspace.clone()
    if root is None:
        print("vae-course: a bundle is made in a clone of the repository, whose pins it takes.", file=sys.stderr)
        return 2
    version = arguments.python or f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not re.fullmatch(r"3\.\d+", version):
        parser.error(f"--python: a version such as 3.12 was expected, not {version!r}")
    here = {"linux": "linux", "win32": "windows", "darwin": "macos"}.get(sys.platform, "")
    platform = named(arguments.platform or here)
    if platform is None:
        known = ", ".join(f"{name} ({found.tags[0]})" for name, found in PLATFORMS.items())
        parser.error(f"--platform: expected one of {known}; got {arguments.platform or sys.platform!r}")
    site = Path(arguments.site or root / "build" / "site")
    if arguments.site and not (site / "index.html").is_file():
        parser.error(f"--site: there is no site in {site}; `make site` makes one.")
    others = filter(None, (arguments.platform, arguments.python))
    out = Path(arguments.out or "-".join(("build/stick", *others)))
    ours = (out / SUMS).exists() and any(out.glob("wheels/vae_course-*.whl"))  # others have a SHA256SUMS too
    if out.exists() and any(out.iterdir()) and not ours:
        print(f"vae-course: {out} is not empty, and no stick; name another folder, or empty it.", file=sys.stderr)
        return 2
    try:
        with beside(out) as made:
            bundle(root, made, platform, version, site if (site / "index.html").is_file() else None)
            shutil.rmtree(out, ignore_errors=True)
            made.rename(out)
    except subprocess.CalledProcessError as error:
        print(
            f"vae-course: no bundle was made; `{Path(error.cmd[2]).name} {error.cmd[3]}` says above why.",
            file=sys.stderr,
        )
        return 1
    files = [path for path in out.rglob("*") if path.is_file()]
    if not (out / "site").exists():
        print("There is no site to read on it: `make site` makes one, and `make bundle` both.")
    print(
        f"{out}: {len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:,.0f} MB. On the other machine: python3 install.py, on Windows py install.py"
    )
    return 0


def named(name: str) -> Platform | None:
    """A platform by our name or by one of pip's."""
    return next((found for short, found in PLATFORMS.items() if name == short or name in found.tags), None)


def bundle(root: Path, out: Path, platform: Platform, python: str, site: Path | None) -> None:
    """Make the folder.

    Args:
        root: the clone.
        out: the folder to be made.
        platform, python: of the machines on which it will be set up.
        site: a folder to be read, which comes along.

    Raises:
        subprocess.CalledProcessError: pip or uv found no wheel for something, and has said for what.
    """
    wheels = out / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip"]
    course = build_wheel(root, wheels)
    wanted = resolved(root, course, platform, python)
    index = re.search(r"--extra-index-url (\S+)", (root / "environment.yml").read_text(encoding="utf-8"))
    download = [
        *pip,
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
        str(wheels),
        "--python-version",
        python,
    ]
    download += [word for tag in platform.tags for word in ("--platform", tag)]
    cpu = ["--extra-index-url", index[1], "--retries", "1", "--timeout", "20"] if index else []
    subprocess.run([*download, *cpu, *(line for line in wanted if line.startswith("torch=="))], check=True)
    if any("+cpu" in path.name for path in wheels.glob("torch-*.whl")):
        wanted = [line for line in wanted if not ONLY_FOR_A_GPU.match(line)]
    subprocess.run([*download, *(line for line in wanted if not line.startswith("torch=="))], check=True)
    if site is not None:
        shutil.copytree(site, out / "site")
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(out).as_posix()}\n"
        for path in sorted(out.rglob("*"))
        if path.is_file()
    ]
    (out / SUMS).write_text("".join([*sums, f"# {len(sums)} files\n"]), encoding="utf-8")
    shutil.copyfile(INSTALL, out / INSTALL.name)
    read_me = (STICK / "READ-ME.txt").read_text(encoding="utf-8")
    (out / "READ-ME.txt").write_text(read_me.replace("@PYTHON@", f"Python {python}"), encoding="utf-8")


def resolved(root: Path, course: Path, platform: Platform, python: str) -> list[str]:
    """What the course with JupyterLab and the grader needs there, as "name==version", itself left out."""
    uv = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--no-annotate",
        "--no-header",
        "--no-python-downloads",
    ]
    uv += [
        "--python-platform",
        platform.target,
        "--python-version",
        python,
        "--constraints",
        str(root / "constraints.txt"),
        "-",
    ]
    environment = os.environ | {"MACOSX_DEPLOYMENT_TARGET": "14.0"}  # the oldest macOS for which torch is built
    done = subprocess.run(
        uv,
        env=environment,
        input=f"vae-course[lab,grade] @ {course.resolve().as_uri()}",
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [line.partition(" ")[0] for line in done.stdout.splitlines() if not line.startswith("vae-course")]

"""Set up the course from this folder alone, without a network: python install.py [FOLDER]

FOLDER (default: vae-course, in your home folder) gets an environment of its own; nothing else on the machine changes.
"""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path.home() / "vae-course").resolve()
    print("Looking whether the copy is whole ...", flush=True)
    damaged = [name for digest, name in listed() if not whole(HERE / name, digest)]
    if damaged:
        return stop(f"{len(damaged)} files are missing or damaged, the first: {damaged[0]}. Copy the folder again.")
    wanted = pythons()
    if wanted and f"cp{sys.version_info[0]}{sys.version_info[1]}" not in wanted:
        return stop(
            f"These wheels are for Python {' or '.join(map(spelt, wanted))}, and this is {sys.version.split()[0]}."
        )
    environment = folder / ".venv"
    print(f"Setting up in {folder} ...", flush=True)
    try:
        venv.create(environment, with_pip=True)
    except subprocess.CalledProcessError:
        return stop("this Python makes no environments. On Debian or Ubuntu: apt-get install python3-venv")
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [
        str(scripts / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--find-links",
        str(HERE / "wheels"),
    ]
    done = subprocess.run([*pip, "vae-course[lab]"])
    if done.returncode:
        return stop("pip could not set up from these wheels; what it said stands above. Are they for this system?")
    print(f"Done. To begin, in {folder}:\n    {scripts / 'vae-course'} lab")
    if (HERE / "site" / "index.html").exists():
        print(f"To read and to search, in a browser: {HERE / 'site' / 'index.html'}")
    return 0


def listed() -> "list[tuple[str, str]]":
    """(digest, name) of every file that belongs here."""
    lines = (HERE / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return [(line[:64], line[66:]) for line in lines]


def whole(path: Path, digest: str) -> bool:
    if not path.is_file():
        return False
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(2**20):
            found.update(part)
    return found.hexdigest() == digest


def pythons() -> "list[str]":
    """The versions of Python for which torch's wheel was built, as "cp312"."""
    return sorted({path.name.split("-")[2] for path in (HERE / "wheels").glob("torch-*.whl")})


def spelt(tag: str) -> str:
    return f"{tag[2]}.{tag[3:]}"


def stop(why: str) -> int:
    print(f"install.py: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

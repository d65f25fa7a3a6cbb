"""Where is the trained model of exercise 7.3? Platforms rename files, browsers number them, and people keep models in folders."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vae_course.teach.grading.incoming.layouts import as_saved, clean, is_model
from vae_course.teach.grading.incoming.versions import File


@dataclass(frozen=True)
class Looked:
    """What was found for the name that a student wrote: the file, and a sentence where it is called otherwise or lies elsewhere; or
    no file, and the sentence that tells the student so."""

    path: Path | None
    sentence: str = ""


def model_file(said: str, notebook: Path, models: Sequence[File]) -> Looked:
    """The file that is meant, among those that this student handed in and no others.

    Whatever path the student wrote, its last part counts. The file of that very name beside the notebook is taken first, then one of
    that name elsewhere, then one that is called so but for what was added on its way, then the only one there is; of several the
    newest.
    """
    name = said[:200].replace("\\", "/").rpartition("/")[2].replace("\0", "")
    if not is_model(name):
        return Looked(notebook.parent / name)  # whoever opens it says what is wrong with it
    if (notebook.parent / name).is_symlink():
        return Looked(None, f"{clean(name)} is a link; hand in the file itself.")

    def rank(model: File) -> tuple[object, ...]:
        called = model.parts[-1] == name, as_saved(model.parts[-1]).casefold() == as_saved(name).casefold()
        return *called, model.path.parent == notebook.parent, model.newer

    best = max(models, key=rank, default=None)
    if best is None:
        return Looked(
            None, f"There is no file {clean(name)} among those handed in: hand it in together with the notebook."
        )
    exact, alike, beside, _ = rank(best)
    if exact and beside:
        return Looked(best.path)
    if alike or len(models) == 1:
        return Looked(best.path, f"{best.shown} was taken for the trained model {clean(name)}.")
    shown = ", ".join(model.shown for model in models[:5])
    return Looked(
        None, f"There is no file {clean(name)} among those handed in, which are {shown}: hand it in under its name."
    )

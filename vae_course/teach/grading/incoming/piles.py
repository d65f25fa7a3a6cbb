"""A class by owners, and what of it is nobody's."""

from dataclasses import dataclass, field

from vae_course.checks.lessons import LESSONS
from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.fates import ASIDE, OTHER_KIND, PERSON, Fate
from vae_course.teach.grading.incoming.items import Item
from vae_course.teach.grading.incoming.layouts import Owner, is_hand_in, is_model, is_work

TEACHERS = frozenset(
    "readme makefile assignment exercises notes index instructions syllabus license contributing requirements roster grades".split()
)
"""Names of files that are a teacher's, whatever their kind."""


@dataclass
class Sorted:
    """A class by owners.

    Attributes:
        piles: by the owner's key, the owner and what is theirs.
        fates: of what belongs to nobody.
        warnings: sentences about that.
    """

    piles: dict[str, tuple[Owner, list[Item]]] = field(default_factory=dict)
    fates: list[Fate] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def give(self, owner: Owner, item: Item) -> None:
        self.piles.setdefault(owner.key, (owner, []))[1].append(item)

    def add(self, other: "Sorted") -> None:
        """Take over what another holds; piles of one key become one."""
        for owner, items in other.piles.values():
            for item in items:
                self.give(owner, item)
        self.fates += other.fates
        self.warnings += other.warnings

    def aside(self, item: Item, why: str) -> None:
        self.fates.append(Fate(item.shown + ("/" if item.is_folder else ""), ASIDE, why))

    def to_a_person(self, item: Item, why: str) -> None:
        self.fates.append(Fate(item.shown + ("/" if item.is_folder else ""), PERSON, why))
        self.warnings.append(f'"{item.shown}" {why}.')

    def of_nobody(self, item: Item) -> None:
        """A file or a folder for which no owner can be told."""
        bare = layouts.stem(item.name).casefold()
        telling = item.is_folder or is_work(item.name) or is_model(item.name) or says_lesson(item.name)
        if telling and (item.is_folder or is_hand_in(item.name) or bare not in TEACHERS):
            self.to_a_person(item, "belongs to nobody that can be told by the names, and was not read")
        else:
            self.aside(item, OTHER_KIND)


def says_lesson(name: str) -> bool:
    return any(lesson in name for lesson in LESSONS)

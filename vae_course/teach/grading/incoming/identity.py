"""Who is who: people are told apart by their keys, and shown by names of which no two are the same."""

from collections import Counter
from collections.abc import Mapping, Sequence

from vae_course.teach.grading.incoming.layouts import LONGEST_NAME, Owner


def named(owners: Sequence[Owner], known: Mapping[str, str]) -> tuple[dict[str, str], tuple[tuple[str, ...], ...]]:
    """A name of their own for everybody.

    Args:
        known: names that people have already, by their keys; they keep them.

    Returns:
        Names by key, and the groups of names that would be one, had nobody been told apart.
    """
    names = {owner.key: known[owner.key] for owner in owners if owner.key in known}
    taken = set(known.values())
    new = sorted((owner for owner in owners if owner.key not in known), key=lambda owner: (owner.name, owner.key))
    count = Counter(owner.name for owner in new)
    alone = [owner for owner in new if count[owner.name] == 1 and owner.name not in taken]
    for owner in alone:
        names[owner.key] = owner.name
    taken |= {owner.name for owner in alone}
    for owner in new:
        if owner.key not in names:
            names[owner.key] = _another(owner, taken)
            taken.add(names[owner.key])
    groups: dict[str, set[str]] = {}
    for owner in owners:
        groups.setdefault(owner.name, set()).add(names[owner.key])
        if names[owner.key] != owner.name and owner.name in taken:
            groups[owner.name].add(owner.name)
    return names, tuple(tuple(sorted(group)) for _, group in sorted(groups.items()) if len(group) > 1)


def _another(owner: Owner, taken: set[str]) -> str:
    """The owner's name with the platform's number, or with one of ours."""
    endings = [f"_{owner.number}"] if owner.number else [""]
    endings += [f" ({number})" for number in range(2, len(taken) + 3)]
    return next(name for end in endings if (name := owner.name[: LONGEST_NAME - len(end)].rstrip() + end) not in taken)

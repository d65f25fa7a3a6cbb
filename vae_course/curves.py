"""What a training run wrote down, and how one ends that went wrong."""

from dataclasses import dataclass, field


@dataclass
class Curves:
    """What a training run wrote down: one row of plain numbers for every step.

    curves["gen/kl_z"] is the list of one quantity's values, curves.steps("gen/kl_z") the steps at which it was seen,
    curves.keys() what there is. All are nats per image, averaged over the batch of that step.
    """

    rows: list[dict[str, float]] = field(default_factory=list)

    def __getitem__(self, key: str) -> list[float]:
        values = [row[key] for row in self.rows if key in row]
        if not values:
            raise KeyError(f"The curves have no {key!r}, only {', '.join(self.keys()) or 'no steps at all'}.")
        return values

    def steps(self, key: str = "train/loss") -> list[int]:
        return [step for step, row in enumerate(self.rows, start=1) if key in row]

    def keys(self) -> list[str]:
        return list(dict.fromkeys(key for row in self.rows for key in row))

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        last = {key: sum(self[key][-100:]) / len(self[key][-100:]) for key in self.keys()}
        means = ", ".join(f"{key} {value:.1f}" for key, value in last.items())
        return f"Curves({len(self):,} steps; means of the last 100: {means})" if last else "Curves(no steps)"


class TrainingDiverged(FloatingPointError):
    """The loss or its gradient became infinite or NaN. `curves` has the steps before; the model is as they left it."""

    curves: Curves

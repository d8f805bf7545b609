"""Whether what was counted here and now equals what was recorded with the weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import Card
from nudge.evaluation.methods import Method
from nudge.serving.live_curves import CurveSnapshot


@dataclass(frozen=True)
class Agreement:
    """Live counts of one variant beside the recorded ones, over the same first pictures."""

    pictures: int
    same: int  # pictures that the attack fools first at the very epsilon that was recorded
    # Counts of the whole test set, attacked and at random, that differ from the card's. None over a
    # part of it, of which no counts were recorded.
    differing: int | None

    @property
    def equal(self) -> bool:
        return self.same == self.pictures and not self.differing


def agreement(snapshot: CurveSnapshot, card: Card, recorded: NDArray[np.uint8]) -> Agreement:
    """Compare what was counted so far with the record.

    Counts are recorded of the full test set only, and along epsilon a picture may turn wrong and
    right again, so the counts of a part cannot be told from the flip steps. The flip steps
    themselves can be compared, picture by picture: `recorded` is uint8 (N,), of the full test set,
    or of the generated pictures where the snapshot is of those; the card knows nothing of them.
    Raises ValueError where fewer were recorded than counted.
    """
    live = np.frombuffer(snapshot.flip_steps, np.uint8)
    if np.ndim(recorded) != 1 or len(recorded) < len(live):
        raise ValueError(
            f"expected flip steps of {len(live)} pictures or more, got {np.shape(recorded)}"
        )
    same = int((live == recorded[: len(live)]).sum())
    differing = None
    attacked = card.pgd if snapshot.method is Method.PGD else card.fgsm
    if len(live) == card.total and not snapshot.generated and attacked is not None:
        pairs = (
            (snapshot.pair.attacked.correct, attacked),
            (snapshot.pair.random.correct, card.random),
        )
        differing = sum(_differing(live, recorded) for live, recorded in pairs)
    return Agreement(len(live), same, differing)


def _differing(live: Sequence[int], recorded: Sequence[int]) -> int:
    return sum(a != b for a, b in zip(live, recorded, strict=True))

"""Everything that a card says of a trained model, measured on the full test set."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.card_files import CONFUSIONS, FLIP_STEPS
from nudge.argument_checks import as_count, as_epsilons, check_model, check_split
from nudge.attacks import fgsm_direction, nudge, random_direction
from nudge.attacks.model_outputs import numbered
from nudge.batch_size import BATCH_SIZE
from nudge.data import Split
from nudge.distributed import SINGLE_PROCESS, Workers
from nudge.evaluation.predictions import prepared, stream_batches
from nudge.evaluation.ssim import structural_similarity
from nudge.evaluation.sweep import EPSILONS, flip_steps_of

RANDOM_SEED = 0  # of the random nudge that cards report
SSIM_PICTURES = 1000  # the first of the test set; one costs more than its predictions

Progress = Callable[[int, int], object]  # called with pictures done and pictures in all


@dataclass(frozen=True)
class Measurement:
    """What a model predicts for each test picture as epsilon grows, and how much we still see."""

    labels: Tensor  # int64 (N,), the true classes
    epsilons: tuple[float, ...]  # K of them, the first 0: what was right before the attack
    fgsm: Tensor  # integers (K, N), the class predicted for each attacked picture
    random: Tensor  # integers (K, N), the same under a random nudge of the same size
    ssim: Tensor  # float64 (K,), mean similarity of the attacked pictures with the original ones
    zero_gradients: int = 0  # pictures that FGSM cannot move: their gradient is zero everywhere

    def for_card(self, classes: int) -> dict[str, Any]:
        """The fields of a `Card` that come from measuring.

        Raises ValueError where there are fewer classes than labels or predictions speak of.
        """
        self._check(classes)
        right = self.fgsm == self.labels
        by_class = (self.labels, self.labels[right[0]])
        totals, correct = (tuple(v.bincount(minlength=classes).tolist()) for v in by_class)
        return {
            "total": len(self.labels),
            "epsilons": self.epsilons,
            "fgsm": tuple(right.sum(dim=1).tolist()),
            "random": tuple((self.random == self.labels).sum(dim=1).tolist()),
            "ssim": tuple(round(value, 4) for value in self.ssim.tolist()),
            "class_totals": totals,
            "class_correct": correct,
        }

    def arrays(self, classes: int) -> Mapping[str, NDArray[Any]]:
        """What is too long for a card, by the name of the file that holds it for all variants."""
        return {FLIP_STEPS: self.flip_steps(), CONFUSIONS: self.confusions(classes)}

    def flip_steps(self) -> NDArray[np.uint8]:
        """By picture, where in the epsilons its first wrong answer under FGSM stands: uint8 (N,).

        `NEVER_FLIPS` where every answer is right.
        """
        return flip_steps_of(self.fgsm == self.labels)

    def confusions(self, classes: int) -> NDArray[np.int32]:
        """Pictures of each class by predicted class under FGSM: int32 (2, K, true, predicted).

        First those that were wrong before the attack, then those that were right: what FGSM flips.
        Raises ValueError as `for_card` does.
        """
        self._check(classes)
        right = self.fgsm[0] == self.labels
        cells = (right * classes + self.labels) * classes + self.fgsm
        counts = torch.stack([at.bincount(minlength=2 * classes * classes) for at in cells])
        by_right = counts.view(-1, 2, classes, classes).transpose(0, 1)
        return by_right.to(torch.int32).numpy()

    def _check(self, classes: int) -> None:
        named = (int(v.max()) + 1 for v in (self.labels, self.fgsm, self.random) if v.numel())
        as_count(classes, "a number of classes", least=max(named, default=1))


def measure(
    model: nn.Module,
    test: Split,
    epsilons: Iterable[SupportsFloat] = EPSILONS,
    *,
    workers: Workers = SINGLE_PROCESS,
    progress: Progress = lambda done, total: None,
) -> Measurement:
    """Measure a model on the pictures of `test`, divided among the `workers`.

    Each takes whole batches of the sweep, so the sums that make a prediction, and therefore the
    counts, are the same for any number of workers. `progress` is told of this process's part.
    Raises ValueError as `accuracy_curve` does, and where the first epsilon is not 0.
    """
    check_model(model)
    check_split(test)
    epsilons = as_epsilons(epsilons)
    if not epsilons or epsilons[0] != 0:
        raise ValueError(f"expected epsilons that begin with 0, got {epsilons}")
    total, steps = len(test.labels), len(epsilons)
    starts = range(workers.rank * BATCH_SIZE, total, workers.count * BATCH_SIZE)
    batches = [torch.arange(start, min(start + BATCH_SIZE, total)) for start in starts]
    mine = torch.cat([*batches, torch.empty(0, dtype=torch.int64)])
    images, labels = (values[mine] for values in test)
    answers: list[Tensor] = []
    zero_gradients = torch.zeros(1, dtype=torch.int64)
    for directions in (None, random_direction(total, seed=RANDOM_SEED)[mine]):
        answer = torch.zeros(steps, total, dtype=torch.int32)
        found = stream_batches(model, images, labels, epsilons, directions=directions)
        with numbered(mine):
            done = 0
            for read in found:
                size = read.predictions.shape[1]
                answer[:, mine[done : done + size]] = read.predictions.int()
                zero_gradients += read.zero_gradient.sum()
                done += size
                progress(done + len(answers) * len(mine), 2 * len(mine))
        answers.append(workers.sum(answer))
    ssim = torch.zeros(steps, min(total, SSIM_PICTURES), dtype=torch.float64)
    for batch in batches:
        seen = batch[batch < SSIM_PICTURES]
        if len(seen):
            ssim[:, seen] = _similarities(model, test.images[seen], test.labels[seen], epsilons)
    similarity = workers.sum(ssim).mean(dim=1)
    fgsm, random = answers
    unmoved = int(workers.sum(zero_gradients))
    return Measurement(test.labels, epsilons, fgsm, random, similarity, unmoved)


def _similarities(
    model: nn.Module, images: Tensor, labels: Tensor, epsilons: Sequence[float]
) -> Tensor:
    """SSIM of each attacked picture with itself before, at each epsilon: float64 (K, n)."""
    pictures = prepared(model, images)
    direction = fgsm_direction(model, pictures, labels.to(pictures.device))
    rows = [structural_similarity(nudge(pictures, direction, e), pictures) for e in epsilons]
    return torch.tensor(rows, dtype=torch.float64)

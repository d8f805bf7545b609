"""How far a model withstands an iterated attack: the smallest epsilon that flips each picture.

A sweep tries FGSM at every epsilon, for a forward pass each. An iterated attack costs twenty
passes forward and back, so each picture's epsilon is found by bisection. That asks six attacks
in place of sixty, and proves the same: the attack succeeds at the epsilon found, and fails at the
one before. What succeeds in a small ball lies in every larger one, too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import SupportsFloat

import torch
from torch import Tensor, nn

from models import Dataset
from models.epsilons import NEVER_FLIPS
from nudge.argument_checks import (
    as_count,
    as_epsilon,
    as_epsilons,
    check_images,
    check_labels,
    check_model,
    check_pictures,
    check_tensor,
    kind,
    shape,
)
from nudge.attacks.fast_gradient import loss_gradient
from nudge.attacks.iterated import L_INFINITY, STEPS, ascend
from nudge.attacks.model_outputs import numbered
from nudge.batch_size import BATCH_SIZE, as_batch_size
from nudge.data.movement import move_objects
from nudge.evaluation.predictions import batches, prepared
from nudge.evaluation.ssim import structural_similarity
from nudge.evaluation.sweep import AccuracyCurve, accuracy_curve

STARTS = 250  # different random starts: as many pictures share none


@dataclass(frozen=True)
class IteratedAttack:
    """PGD in L-infinity (arXiv:1706.06083), or BIM (arXiv:1607.02533) where it has no start."""

    steps: int = STEPS
    restarts: int = 1
    random_start: bool = True
    seed: int = 0

    @property
    def name(self) -> str:
        """In words: "PGD, 40 steps, 5 restarts"."""
        parts = ["PGD" if self.random_start else "BIM", f"{self.steps} steps"]
        return ", ".join(parts + ([f"{self.restarts} restarts"] if self.restarts > 1 else []))

    def __post_init__(self) -> None:
        """Raises ValueError where there are no steps, no restarts or no such seed."""
        as_count(self.steps, "a number of steps", least=1)
        as_count(self.restarts, "a number of restarts", least=1)
        as_count(self.seed, "a seed", most=2**63 - 1)

    def starts(self, images: Tensor, first: int) -> Iterator[Tensor | None]:
        """A start of radius 1 for each restart; None is the picture itself.

        A picture's starts depend on its place in the whole set, of which `images` begin at `first`,
        and not on its batch.
        """
        generator = torch.Generator().manual_seed(self.seed)
        places = torch.arange(first, first + len(images)) % STARTS
        for _ in range(self.restarts):
            if self.random_start:
                drawn = L_INFINITY.start(torch.empty(STARTS, *images.shape[1:]), generator)
                yield drawn[places].to(images)
            else:
                yield None


RECORDED = IteratedAttack()  # whose counts the cards hold: PGD, 20 steps, one start
SMALL = 0.01  # epsilon at which wrong labels are looked at
# What defences are judged by, at the epsilon that their data set is defended at.
STRONGEST = IteratedAttack(steps=40, restarts=5)
AUTO_ATTACK = "AutoAttack"  # of others' code: arXiv:2003.01690
DEFENDED_AT: Mapping[Dataset, float] = MappingProxyType({Dataset.FASHION: 0.1, Dataset.SIGN: 0.03})


def robust_curve(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat],
    *,
    attack: IteratedAttack = IteratedAttack(),
    batch_size: int | None = None,
) -> AccuracyCurve:
    """Count the pictures that no smaller or equal epsilon of the grid flips, for every epsilon.

    >>> images, labels = load_split("fashion", "test")
    >>> curve = robust_curve(load_model("fashion-cnn"), images[:500], labels[:500], [0, 0.04])

    Arguments and errors are those of `accuracy_curve`, but the epsilons ascend.
    """
    grid = as_epsilons(epsilons, ascending=True)
    flips = list(stream_flips(model, images, labels, grid, attack=attack, batch_size=batch_size))
    return curve_of(torch.cat([*flips, torch.empty(0, dtype=torch.uint8)]), grid)


def curve_of(flips: Tensor, epsilons: tuple[float, ...]) -> AccuracyCurve:
    """The curve that the pictures' flips, uint8 (N,), make. Raises ValueError of others."""
    check_tensor(flips, "flips")
    if flips.dtype != torch.uint8 or flips.ndim != 1:
        raise ValueError(f"expected flips, uint8 (N,), got {flips.dtype} {shape(flips)}")
    correct = tuple(int((flips > step).sum()) for step in range(len(epsilons)))
    return AccuracyCurve(epsilons, correct, len(flips))


def stream_flips(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat],
    *,
    attack: IteratedAttack = IteratedAttack(),
    batch_size: int | None = None,
    yield_to: Callable[[], None] = lambda: None,
) -> Iterator[Tensor]:
    """Where in the epsilons each picture flips, batch by batch: uint8 (n,), on the CPU.

    Arguments and errors are those of `flip_counter`; raises ValueError of a batch size below 1.
    """
    count = flip_counter(model, images, labels, epsilons, attack=attack, yield_to=yield_to)
    return map(count, batches(len(images), as_batch_size(batch_size, [model])))


def flip_counter(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat],
    *,
    attack: IteratedAttack = IteratedAttack(),
    yield_to: Callable[[], None] = lambda: None,
) -> Callable[[slice], Tensor]:
    """A function that says of any batch of the pictures where in the epsilons each one flips.

    It gives uint8 (n,) on the CPU, `NEVER_FLIPS` where the attack fails at all epsilons, and may be
    called in any order and by several threads at once. `yield_to` is called after every step.
    Other arguments and errors are those of `robust_curve`.
    """
    grid = as_epsilons(epsilons, ascending=True)
    as_count(len(grid), "a number of epsilons", least=1, most=NEVER_FLIPS)
    if not isinstance(attack, IteratedAttack):
        raise ValueError(f"expected an IteratedAttack, got {kind(attack)}")
    check_model(model)
    check_pictures(images)
    check_labels(labels, len(images))

    def count(batch: slice) -> Tensor:
        places = range(len(images))[batch]
        pictures = prepared(model, images[batch])
        truth = labels[batch].to(pictures.device)
        radii = pictures.new_tensor(grid)
        check_images(pictures)  # the attack would clip what is outside [0, 1]
        with numbered(places):
            low = torch.full_like(truth, -1)  # the attack fails here, or nothing is known
            high = torch.full_like(truth, len(grid))  # it succeeds here, or nothing is known
            while (open_ := high - low > 1).any():
                some = open_.nonzero().flatten()
                middle = (low[some] + high[some]) // 2
                radius = radii[middle].view(-1, 1, 1, 1)
                starts = attack.starts(pictures, places.start)
                chosen = (start if start is None else start[some] for start in starts)
                with numbered(some, radii[middle]):
                    fooled = _fooled(
                        model, pictures[some], truth[some], radius, chosen, attack.steps, yield_to
                    )
                high[some] = torch.where(fooled, middle, high[some])
                low[some] = torch.where(fooled, low[some], middle)
        high[high == len(grid)] = NEVER_FLIPS
        return high.to(torch.uint8).cpu()

    return count


def _fooled(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    radius: Tensor,
    starts: Iterable[Tensor | None],
    steps: int,
    yield_to: Callable[[], None],
) -> Tensor:
    """Whether the attack flips each picture within its own radius, (n, 1, 1, 1): bool (n,).

    A picture that is flipped is left alone, so that the others have the time.
    """
    fooled = torch.zeros(len(images), dtype=torch.bool, device=images.device)
    for start in starts:
        left = (~fooled).nonzero().flatten()
        moved = L_INFINITY.begin(images, None if start is None else radius * start, radius)[left]
        for step in range(steps + 1):
            if not len(left):
                break
            with numbered(left):
                gradient, logits = loss_gradient(model, moved, labels[left])
            wrong = logits.argmax(dim=1) != labels[left]
            fooled[left[wrong]] = True
            left, moved, gradient = left[~wrong], moved[~wrong], gradient[~wrong]
            yield_to()
            if step < steps:
                size = 2.5 / steps * radius[left]
                moved = L_INFINITY.climb(moved, gradient, images[left], radius[left], size)
    return fooled


def count_robust(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: SupportsFloat,
    *,
    attack: IteratedAttack,
    batch_size: int | None = None,
) -> int:
    """How many pictures the model classifies correctly whatever the attack does within epsilon.

    Arguments and errors are those of `robust_curve`.
    """
    grid = (as_epsilon(epsilon),)
    return robust_curve(model, images, labels, grid, attack=attack, batch_size=batch_size).correct[
        0
    ]


def attacked_pictures(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: SupportsFloat,
    *,
    attack: IteratedAttack = RECORDED,
    first: int = 0,
) -> Tensor:
    """The pictures after all steps from the attack's first start: (N, 1, 28, 28).

    `first` is the place of the first one in the whole set, which decides the starts. Other
    arguments and errors are those of `robust_curve`.
    """
    check_pictures(images)
    check_labels(labels, len(images))
    check_model(model)
    pictures, radius = prepared(model, images), as_epsilon(epsilon)
    check_images(pictures)
    truth = labels.to(pictures.device)
    start = next(attack.starts(pictures, as_count(first, "a place")))
    return ascend(
        lambda moved: loss_gradient(model, moved, truth)[0],
        pictures,
        L_INFINITY,
        radius=radius,
        step_size=2.5 / attack.steps * radius,
        steps=attack.steps,
        start=None if start is None else radius * start,
    )


def pgd_confusion(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    classes: int,
    *,
    epsilon: SupportsFloat = SMALL,
    progress: Callable[[int], object] = lambda done: None,
) -> Tensor:
    """What pictures that are right are taken for under attack: int64 (true, predicted).

    `progress` is told of the pictures so far. Other arguments and errors are those of
    `robust_curve`; raises ValueError where there are fewer classes than labels, too.
    """
    check_model(model)
    check_pictures(images)
    check_labels(labels, len(images))
    most = int(labels.max()) + 1 if len(labels) else 1
    count = as_count(classes, "a number of classes", least=most)
    found = torch.zeros(count, count, dtype=torch.int64)
    for batch in batches(len(images), BATCH_SIZE):
        truth = labels[batch].cpu()
        moved = attacked_pictures(model, images[batch], labels[batch], epsilon, first=batch.start)
        with torch.inference_mode():
            clean = model(prepared(model, images[batch])).argmax(dim=1).cpu()
            predicted = model(moved).argmax(dim=1).cpu()
        right = clean == truth
        cells = truth[right] * count + predicted[right]
        found += cells.bincount(minlength=count * count).view(count, count)
        progress(batch.stop)
    return found


def pgd_ssim(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat],
    *,
    progress: Callable[[int], object] = lambda done: None,
) -> list[float]:
    """Mean structural similarity of attacked pictures with the originals, for every epsilon.

    `progress` is told of the epsilons so far. Other arguments and errors are those of
    `robust_curve`.
    """
    check_model(model)
    check_pictures(images)
    pictures, found = prepared(model, images), []
    for done, epsilon in enumerate(as_epsilons(epsilons), 1):
        moved = attacked_pictures(model, images, labels, epsilon)
        similar = structural_similarity(moved, pictures)
        found.append(sum(similar) / len(similar) if similar else float("nan"))
        progress(done)
    return found


def count_moved(model: nn.Module, images: Tensor, labels: Tensor) -> int:
    """How many pictures stay right after their objects were moved, as somebody's own may lie.

    Each is shifted by up to 4 pixels, rotated by up to 15 degrees and scaled by 0.8 to 1.2, drawn
    from one seed: the same for every model. Arguments and errors are those of `robust_curve`.
    """
    check_model(model)
    check_pictures(images)
    pictures = prepared(model, images)
    check_images(pictures)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        moved = move_objects(pictures.cpu(), shift=4, rotation=15, scale=0.2)
    still = torch.zeros(moved.shape, dtype=torch.int8)
    return accuracy_curve(model, moved.clamp_(0, 1), labels, [0], directions=still).correct[0]

"""Our attacks beside those of torchattacks and foolbox: picture by picture, and against the clock.

`scripts/benchmark.py attacks` runs it and writes the tables of docs/performance.md.
`scripts/benchmark.py autoattack` has AutoAttack (arXiv:2003.01690), as torchattacks ships it,
attack the first 1,000 test pictures of every robust and masked variant, and records on the cards
what is left. Both need requirements-bench.txt.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from models import PRETRAINED, VARIANTS, Regime, Variant
from models.cards import Withstood
from nudge.attacks import bim, fgsm, l2_fast_gradient
from nudge.attacks.fast_gradient import loss_gradient
from nudge.attacks.iterated import L_INFINITY, STEPS, ascend
from nudge.batch_size import BATCH_SIZE
from nudge.data import load_split, to_pixels
from nudge.evaluation.robustness import AUTO_ATTACK, DEFENDED_AT, IteratedAttack, robust_curve
from nudge.training.publishing import amend
from scripts.measuring import performance
from scripts.measuring.contenders import contiguous
from scripts.measuring.performance import DOCS, Record, machine
from scripts.shared import markdown

NETWORKS = ("fashion-fcnn", "sign-fcnn", "fashion-cnn", "sign-cnn")
EPSILONS = tuple(i / 100 for i in range(31))  # 0, 0.01, ... 0.3
EPSILON = 0.04  # at which attacked pictures are compared
STEP = 2.5 / STEPS  # of epsilon
ROUNDS = 3
ATTACKED_BY_AUTO_ATTACK = 1000

Attack = Callable[[nn.Module, Tensor, Tensor], Tensor]  # model, pictures, labels: attacked pictures


def ours() -> Mapping[str, Attack]:
    return {
        "FGSM": lambda m, x, y: fgsm(m, x, y, EPSILON),
        "BIM": lambda m, x, y: bim(m, x, y, EPSILON),
        "PGD": _pgd,
        "L2": lambda m, x, y: l2_fast_gradient(m, x, y, 28 * EPSILON),
    }


def _pgd(model: nn.Module, pictures: Tensor, labels: Tensor) -> Tensor:
    """From the start that torchattacks draws, too: what PyTorch's generator gives first."""
    torch.manual_seed(0)
    start = torch.empty_like(pictures).uniform_(-EPSILON, EPSILON)
    return ascend(
        lambda moved: loss_gradient(model, moved, labels)[0],
        pictures,
        L_INFINITY,
        radius=EPSILON,
        step_size=STEP * EPSILON,
        steps=STEPS,
        start=start,
    )


def theirs() -> Mapping[tuple[str, str], Attack]:
    """By library and attack. foolbox draws PGD's starts by itself, so it cannot be given ours."""
    import foolbox
    import torchattacks

    def by_torchattacks(kind: str, **options: Any) -> Attack:
        def attack(model: nn.Module, pictures: Tensor, labels: Tensor) -> Tensor:
            torch.manual_seed(0)
            found: Tensor = getattr(torchattacks, kind)(model, **options)(pictures, labels)
            return found

        return attack

    def by_foolbox(attack: Any, epsilon: float) -> Attack:
        def attacked(model: nn.Module, pictures: Tensor, labels: Tensor) -> Tensor:
            bounded = foolbox.PyTorchModel(model, bounds=(0, 1))
            found: Tensor = attack(bounded, pictures, labels, epsilons=epsilon)[1]
            return found

        return attacked

    iterated = {"steps": STEPS, "alpha": STEP * EPSILON, "eps": EPSILON}
    long = 28 * EPSILON
    steps = foolbox.attacks.LinfBasicIterativeAttack(rel_stepsize=STEP, steps=STEPS)
    return {
        ("torchattacks", "FGSM"): by_torchattacks("FGSM", eps=EPSILON),
        ("torchattacks", "BIM"): by_torchattacks("BIM", **iterated),
        ("torchattacks", "PGD"): by_torchattacks("PGD", **iterated),
        ("torchattacks", "L2"): by_torchattacks(
            "PGDL2", eps=long, alpha=long, steps=1, random_start=False
        ),
        ("foolbox", "FGSM"): by_foolbox(foolbox.attacks.LinfFastGradientAttack(), EPSILON),
        ("foolbox", "BIM"): by_foolbox(steps, EPSILON),
        ("foolbox", "L2"): by_foolbox(foolbox.attacks.L2FastGradientAttack(), long),
    }


def benchmark_attacks(pictures: int, data_dir: str | None, folder: Path = DOCS) -> None:
    """Measure, print the tables, and write them down. Raises DataError and OSError."""
    record = machine(torch.device("cpu")) | {
        "pictures": pictures,
        "agreement": {name: agreement(name, pictures, data_dir) for name in NETWORKS},
        "pgd": {name: against_the_clock(name, pictures, data_dir) for name in NETWORKS},
    }
    parts = {"agreement": agreement_table(record), "pgd": pgd_table(record)}
    performance.write("attacks", record, parts, folder)


def _loaded(name: str, pictures: int, data_dir: str | None) -> tuple[nn.Module, Tensor, Tensor]:
    variant = VARIANTS[name]
    images, labels = (v[:pictures] for v in load_split(variant.dataset, "test", data_dir))
    return contiguous(variant), to_pixels(images), labels


def agreement(name: str, pictures: int, data_dir: str | None) -> Record:
    """By attack and library: pictures attacked otherwise than by us, and predicted otherwise."""
    model, pixels, labels = _loaded(name, pictures, data_dir)
    own = {kind: attack(model, pixels, labels) for kind, attack in ours().items()}
    found: Record = {}
    for (library, kind), attack in tqdm(theirs().items(), desc=name):
        other = attack(model, pixels, labels).detach()
        apart = (other - own[kind]).abs().flatten(1).amax(dim=1)
        with torch.inference_mode():
            predicted = [model(moved).argmax(dim=1) for moved in (own[kind], other)]
        found.setdefault(kind, {})[library] = {
            "pictures": int((apart > 1e-5).sum()),
            "predictions": int((predicted[0] != predicted[1]).sum()),
        }
    return found


def against_the_clock(name: str, pictures: int, data_dir: str | None) -> Record:
    """Seconds and counts of a curve under PGD in twenty steps, by who counts it."""
    import foolbox
    import torchattacks

    model, pixels, labels = _loaded(name, pictures, data_dir)
    last = model.to(memory_format=torch.channels_last)  # which is faster for all of them

    def nudge() -> list[int]:
        return list(robust_curve(last, pixels, labels, EPSILONS, attack=IteratedAttack()).correct)

    def by_torchattacks() -> list[int]:
        right = []
        for epsilon in EPSILONS:
            attack = torchattacks.PGD(last, eps=epsilon, alpha=STEP * epsilon, steps=STEPS)
            right.append(sum(_right(last, attack(*batch), batch[1]) for batch in _batches()))
        return right

    def by_foolbox() -> list[int]:
        attack = foolbox.attacks.LinfProjectedGradientDescentAttack(
            rel_stepsize=STEP, steps=STEPS, random_start=True
        )
        bounded = foolbox.PyTorchModel(last, bounds=(0, 1))
        fooled = [attack(bounded, *batch, epsilons=list(EPSILONS))[2] for batch in _batches()]
        return (~torch.cat(fooled, dim=1)).sum(dim=1).tolist()

    def _batches() -> list[tuple[Tensor, Tensor]]:
        parts = (torch.split(values, BATCH_SIZE) for values in (pixels, labels))
        return list(zip(*parts, strict=True))

    contenders = {"Nudge": nudge, "torchattacks": by_torchattacks, "foolbox": by_foolbox}
    seconds: dict[str, list[float]] = {key: [] for key in contenders}
    counts: dict[str, list[int]] = {}
    with tqdm(desc=f"{name}: PGD", total=ROUNDS * len(contenders)) as bar:
        for _, (key, count) in itertools.product(range(ROUNDS), contenders.items()):
            start = perf_counter()
            counts[key] = count()
            seconds[key].append(perf_counter() - start)
            bar.update()
    return {"seconds": seconds, "counts": counts}


@torch.inference_mode()
def _right(model: nn.Module, pictures: Tensor, labels: Tensor) -> int:
    return int((model(pictures).argmax(dim=1) == labels).sum())


def agreement_table(record: Record) -> str:
    rows = []
    for name, kinds in record["agreement"].items():
        for kind, libraries in kinds.items():
            cells = [
                f"{libraries[library]['pictures']} ({libraries[library]['predictions']})"
                if library in libraries
                else "-"
                for library in ("torchattacks", "foolbox")
            ]
            rows.append([name, kind, *cells])
    return markdown.table(["network", "attack", "torchattacks", "foolbox"], rows, left=2)


def pgd_table(record: Record) -> str:
    rows = []
    for name, found in record["pgd"].items():
        own = median(found["seconds"]["Nudge"])
        best = min(median(v) for key, v in found["seconds"].items() if key != "Nudge")
        times = [f"{median(v):.1f} s" for v in found["seconds"].values()]
        ours, first, second = found["counts"].values()
        pairs = ((ours, first), (ours, second), (first, second))
        points = [f"{100 * _apart(*pair) / record['pictures']:.1f}" for pair in pairs]
        rows.append([name, *times, f"{best / own:.1f}", *points])
    heads = ["network", "Nudge", "torchattacks", "foolbox", "faster than the best"]
    apart = ["points from torchattacks", "from foolbox", "these two apart"]
    return markdown.table([*heads, *apart], rows)


def _apart(counts: Sequence[int], others: Sequence[int]) -> int:
    """The largest difference at any epsilon."""
    return max(abs(a - b) for a, b in zip(counts, others, strict=True))


def record_auto_attack(device: torch.device, data_dir: str | None) -> None:
    """Attack every robust and masked variant by AutoAttack, and write what is left on its card."""
    for variant in VARIANTS.values():
        if variant.regime in (Regime.ROBUST, Regime.MASKED):
            weights = variant.card.sha256
            _amend(variant, auto_attack(variant, device, data_dir), weights)


def auto_attack(
    variant: Variant, device: torch.device, data_dir: str | None, seed: int = 0
) -> Withstood:
    """What AutoAttack leaves of the first test pictures."""
    import torchattacks

    loaded, pixels, labels = _loaded(variant.id, ATTACKED_BY_AUTO_ATTACK, data_dir)
    model = loaded.to(device)
    epsilon, classes = DEFENDED_AT[variant.dataset], len(variant.classes)
    torch.manual_seed(seed)
    attack = torchattacks.AutoAttack(model, eps=epsilon, n_classes=classes, seed=seed)
    left = 0
    with tqdm(desc=f"{variant.id}: {AUTO_ATTACK}", unit="picture", total=len(labels)) as bar:
        for batch in zip(pixels.split(100), labels.split(100), strict=True):  # type: ignore[no-untyped-call]
            pictures, truth = (values.to(device) for values in batch)
            left += _right(model, attack(pictures, truth), truth)
            bar.update(len(truth))
    tqdm.write(f"{variant.id}: {left} of {len(labels)} left at {epsilon:g}")
    return Withstood(attack=AUTO_ATTACK, epsilon=epsilon, correct=left, total=len(labels))


def _amend(variant: Variant, found: Withstood, sha256: str) -> None:
    others = [known for known in variant.card.withstood if known.attack != found.attack]
    figures = {"withstood": [asdict(f) for f in (*others, found)]}
    amend(PRETRAINED, variant, figures, {}, sha256=sha256)

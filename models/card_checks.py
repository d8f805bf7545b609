"""A card out of JSON, checked: a file that was edited by hand may hold anything."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from itertools import pairwise
from typing import Any

from models.cards import Card, Epoch, Withstood


def parse_card(record: Mapping[str, Any]) -> Card:
    """Raises KeyError, TypeError or ValueError where pages could not draw what the record says."""
    required = {field.name for field in fields(Card) if field.default is MISSING}
    values = {f.name: record[f.name] for f in fields(Card) if f.name in required | set(record)}
    values["learning_curve"] = tuple(Epoch(**point) for point in record["learning_curve"])
    values["withstood"] = tuple(Withstood(**attack) for attack in record.get("withstood", ()))
    for name in ("epsilons", "fgsm", "random", "ssim", "class_totals", "class_correct", "pgd"):
        if values.get(name) is not None:
            values[name] = tuple(values[name])
    for name in ("pgd_ssim", "pgd_confusion"):
        if values.get(name) is not None:
            values[name] = tuple(v if name == "pgd_ssim" else tuple(v) for v in values[name])
    card = Card(**values)
    _check_description(card)
    _check_counts(card)
    return card


def _check_description(card: Card) -> None:
    for name in ("sha256", "hardware", "command", "attacked_on"):
        _expect(isinstance(getattr(card, name), str), name, "a text")
    _expect(isinstance(card.dataset, str | None), "dataset", "a text or null")
    _expect(isinstance(card.permutation_sha256, str | None), "permutation_sha256", "a text or null")
    for name in ("data_sha256", "recipe", "versions"):
        _expect(isinstance(getattr(card, name), dict), name, "an object")
    _expect(all(isinstance(v, str) for v in card.data_sha256.values()), "data_sha256", "texts")
    numbers = [v for v in card.recipe.values() if isinstance(v, int | float)]
    _expect(all(abs(v) < 1e300 for v in numbers), "recipe", "finite numbers")
    _expect(_are_counts([card.seed]), "seed", "a whole number")
    _expect(_are_finite([card.seconds]), "seconds", "a number")
    points = [v for epoch in card.learning_curve for v in vars(epoch).values() if v is not None]
    learnt = bool(points) or card.dataset is not None
    _expect(learnt and _are_finite(points), "learning_curve", "finite numbers")


def _check_counts(card: Card) -> None:
    _expect(_are_counts([card.total, card.parameters]) and card.total > 0, "total", "a count")
    grid = card.epsilons
    rising = _are_finite(grid) and all(a < b for a, b in pairwise(grid))
    _expect(rising and grid[:1] == (0,) and grid[-1] <= 1, "epsilons", "rising from 0, at most 1")
    for name in ("fgsm", "random", *(["pgd"] if card.pgd is not None else [])):
        counts = getattr(card, name)
        _expect(_are_counts(counts, card.total), name, f"counts out of {card.total}")
        _expect(len(counts) == len(grid), name, f"{len(grid)} of them")
    for attack in card.withstood:
        _expect(isinstance(attack.attack, str), "withstood", "attacks with names")
        _expect(_are_finite([attack.epsilon]), "withstood", "epsilons")
        _expect(_are_counts([attack.correct], attack.total), "withstood", "counts of a total")
    _expect(card.moved is None or _are_counts([card.moved], card.total), "moved", "a count")
    if card.pgd_ssim is not None:
        fits = _are_finite(card.pgd_ssim) and len(card.pgd_ssim) == len(grid[::2])
        _expect(fits, "pgd_ssim", f"{len(grid[::2])} numbers")
    falls = card.pgd is None or all(a >= b for a, b in pairwise(card.pgd))
    _expect(falls, "pgd", "counts that never rise")
    _expect(card.fgsm[0] > 0, "fgsm", "a network that is right somewhere")  # others divide by it
    _expect(_are_finite(card.ssim) and len(card.ssim) == len(grid), "ssim", f"{len(grid)} numbers")
    totals, right = card.class_totals, card.class_correct
    _expect(_are_counts(totals) and sum(totals) == card.total, "class_totals", "of all pictures")
    fits = _are_counts(right) and len(right) == len(totals)
    fits = fits and all(r <= t for r, t in zip(right, totals, strict=True))
    _expect(fits, "class_correct", "counts out of class_totals")
    if card.pgd_confusion is not None:
        rows, count = card.pgd_confusion, len(card.class_totals)
        fits = len(rows) == count and all(len(r) == count and _are_counts(r) for r in rows)
        _expect(fits, "pgd_confusion", f"{count} rows of {count} counts")


def _expect(holds: bool, name: str, what: str) -> None:
    if not holds:
        raise ValueError(f"{name}: expected {what}")


def _are_counts(values: Sequence[object], most: float = math.inf) -> bool:
    return all(type(value) is int and 0 <= value <= most for value in values)


def _are_finite(values: Sequence[object]) -> bool:
    return all(type(value) in (int, float) and abs(value) < 1e300 for value in values)  # type: ignore[arg-type]

"""Verdicts follow the figures: each rule is shown cards on both sides of its edge."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from models import PRETRAINED, VARIANTS, Card, Dataset
from models.card_files import CONFUSIONS, read_array
from nudge.evaluation.class_similarity import NearFlips
from nudge.evaluation.sweep import EPSILONS
from nudge.findings.assignment_claims import Claim, Figures, Verdict, claims, read_flips

TOTAL = 10_000


def card(clean: float, half_at: float, ssim_at_tenth: float = 0.7) -> Card:
    """Accuracy in percent that halves every `half_at`, and an SSIM that falls in a line."""
    accuracies = [clean * 0.5 ** (epsilon / half_at) for epsilon in EPSILONS]
    return Card(
        sha256="",
        data_sha256={},
        permutation_sha256=None,
        parameters=1,
        total=TOTAL,
        epsilons=EPSILONS,
        fgsm=tuple(round(TOTAL * a / 100) for a in accuracies),
        random=(TOTAL,) * len(EPSILONS),
        ssim=tuple(max(0.0, 1 - (1 - ssim_at_tenth) * e / 0.1) for e in EPSILONS),
        class_totals=(),
        class_correct=(),
        learning_curve=(),
        recipe={},
        seed=0,
        seconds=1,
        hardware="",
        versions={},
        command="",
    )


# Networks that do just what the assignment reported.
AS_REPORTED = {
    "fashion-fcnn": card(87, half_at=0.0377),
    "fashion-fcnn-scrambled": card(87, half_at=0.0377),
    "fashion-cnn": card(91.3, half_at=0.0457),
    "fashion-cnn-scrambled": card(87.5, half_at=0.03),
    "sign-fcnn": card(74, half_at=0.0139, ssim_at_tenth=0.5),
    "sign-fcnn-scrambled": card(73, half_at=0.0139),
    "sign-cnn": card(95.9, half_at=0.018, ssim_at_tenth=-0.5),
    "sign-cnn-scrambled": card(78.8, half_at=0.01),
}


def flips(near: int) -> NearFlips:
    steps = len(EPSILONS)
    return NearFlips(np.full(steps, 100), np.full(steps, near), np.full(steps, 0.3))


def check(near: int = 60, changed: Mapping[str, Card] = MappingProxyType({})) -> list[Claim]:
    cards = AS_REPORTED | dict(changed)
    return claims(Figures(cards), {f"{d}-cnn": flips(near) for d in Dataset})


def verdict(found: list[Claim], subject: str, words: str) -> Verdict:
    (claim,) = (c for c in found if c.subject == subject and words in c.reported)
    return claim.verdict


def test_the_assignments_own_figures_hold() -> None:
    broken = [claim for claim in check() if claim.verdict is not Verdict.HOLDS]
    # The one that its figures leave open: an exponential fall has its best trade-off elsewhere.
    assert [claim.reported for claim in broken if "trade-off" not in claim.reported] == []


def test_every_row_of_the_assignment_is_there() -> None:
    subjects = [claim.subject for claim in check()]
    assert len(subjects) == 19
    assert set(subjects) == {
        "Fashion, fully connected",
        "Fashion, CNN",
        "Sign, fully connected",
        "Sign, CNN",
    }


@pytest.mark.parametrize(
    ("variant", "clean", "subject", "words", "expected"),
    [
        ("sign-fcnn", 72.9, "Sign, fully connected", "about 74 %", Verdict.FAILS),
        ("sign-fcnn", 88.0, "Sign, fully connected", "about 74 %", Verdict.HOLDS),
        ("fashion-fcnn-scrambled", 85.9, "Fashion, fully connected", "the same", Verdict.FAILS),
        ("fashion-cnn-scrambled", 90.0, "Fashion, CNN", "87 to 88 %", Verdict.IN_PART),
        ("fashion-cnn-scrambled", 92.0, "Fashion, CNN", "87 to 88 %", Verdict.FAILS),
    ],
)
def test_clean(variant: str, clean: float, subject: str, words: str, expected: Verdict) -> None:
    found = check(changed={variant: card(clean, half_at=0.02)})
    assert verdict(found, subject, words) is expected


@pytest.mark.parametrize(
    ("half_at", "expected"),
    [(0.0377, Verdict.HOLDS), (0.07, Verdict.IN_PART), (0.2, Verdict.FAILS)],
)
def test_under_attack(half_at: float, expected: Verdict) -> None:
    found = check(changed={"fashion-fcnn": card(87, half_at)})
    assert verdict(found, "Fashion, fully connected", "20 % at 0.08") is expected


def test_twenty_steps_are_judged_by_the_same_rule() -> None:
    weak = {name: card(80, half_at=0.005).fgsm for name in AS_REPORTED}
    changed = {name: replace(c, pgd=weak[name]) for name, c in AS_REPORTED.items()}
    found = check(changed=changed)
    asked = {claim.reported: claim.stronger for claim in found if claim.stronger}
    assert set(asked) == {
        "FGSM, about 20 % at 0.08",
        "FGSM, about 20 % at 0.1",
        "FGSM, about 10 % at 0.04",
        "FGSM, above 20 % below 0.04",
        "FGSM, holds up better than the fully connected net at large epsilon",
    }
    fallen = asked["FGSM, about 20 % at 0.08"]
    assert fallen
    assert (fallen.verdict, fallen.measured) == (Verdict.IN_PART, "0.00 %")
    above = asked["FGSM, above 20 % below 0.04"]
    assert above
    assert above.verdict is Verdict.FAILS
    # FGSM's own figures and verdicts stay what they are.
    assert [replace(claim, stronger=None) for claim in found] == check()


def test_trade_off_and_meaning_are_asked_again_where_they_were_measured() -> None:
    grid, classes = EPSILONS[::2], 10
    falls = tuple(round(TOTAL * max(0.0, 0.9 - 30 * e)) for e in EPSILONS)
    near = np.diag([90] * classes)
    near[2, 4] = 9  # pullovers taken for coats
    near[2, 8] = 1  # and for bags
    fashion = replace(
        AS_REPORTED["fashion-cnn"],
        pgd=falls,
        pgd_ssim=tuple(1 - e for e in grid),
        pgd_confusion=tuple(map(tuple, near.tolist())),
    )
    found = {c.reported: c for c in check(changed={"fashion-cnn": fashion}) if c.stronger}
    best = found["FGSM, best trade-off at 0.04 to 0.08"].stronger
    assert best
    assert (best.measured, best.verdict) == ("0.03", Verdict.IN_PART)
    meaning = found["at small epsilon the wrong label is usually close in meaning"].stronger
    assert meaning
    assert (meaning.measured, meaning.verdict) == ("90 % of 10 flips at 0.01", Verdict.HOLDS)


def test_what_was_not_measured_is_not_asked() -> None:
    assert not any(claim.stronger for claim in check())


def test_sturdier_at_large_epsilon() -> None:
    words = "holds up better"
    assert verdict(check(), "Fashion, CNN", words) is Verdict.HOLDS
    weak = check(changed={"fashion-cnn": card(91.3, half_at=0.02)})
    assert verdict(weak, "Fashion, CNN", words) is Verdict.FAILS


def test_the_eye() -> None:
    words = "readable at 0.08"
    unreadable = check(changed={"fashion-fcnn": card(87, 0.0377, ssim_at_tenth=0.2)})
    assert verdict(check(), "Fashion, fully connected", words) is Verdict.HOLDS
    assert verdict(unreadable, "Fashion, fully connected", words) is Verdict.FAILS


@pytest.mark.parametrize(
    ("near", "expected"), [(51, Verdict.HOLDS), (46, Verdict.IN_PART), (44, Verdict.FAILS)]
)
def test_close_in_meaning(near: int, expected: Verdict) -> None:
    assert verdict(check(near), "Sign, CNN", "close in meaning") is expected


def test_best_trade_off_is_the_largest_product() -> None:
    figures = Figures({"fashion-cnn": replace(AS_REPORTED["fashion-cnn"], ssim=(1.0,) * 61)})
    assert figures.best_trade_off("fashion-cnn") == 0.3  # a picture that never suffers
    assert 0 < Figures(AS_REPORTED).best_trade_off("fashion-cnn") < 0.3


def test_falls_to() -> None:
    figures = Figures(AS_REPORTED)
    assert figures.falls_to("fashion-fcnn", 20) == "falls to 20 % at 0.08"
    assert figures.falls_to("fashion-fcnn", 0) == "stays above 0 %"


def test_recorded_flips_agree_with_the_cards() -> None:
    for name, found in read_flips().items():
        counts = np.array(VARIANTS[name].card.fgsm)
        wrong_before = read_array(PRETRAINED / CONFUSIONS, name)[0]
        turned_right = np.trace(wrong_before, axis1=1, axis2=2)
        assert (found.flipped - turned_right).tolist() == (counts[0] - counts).tolist()

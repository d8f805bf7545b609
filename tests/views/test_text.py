import pytest

from views import text


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (0, "0 %"),
        (0.001, "< 1 %"),
        (0.2, "20 %"),
        (0.994, "99 %"),
        (0.9951, "> 99 %"),
        (0.99999, "> 99 %"),
        (1, "100 %"),
    ],
)
def test_percent_never_claims_a_certainty(fraction: float, shown: str) -> None:
    assert text.percent(fraction) == shown


def test_epsilon_in_both_units() -> None:
    assert text.in_255(0.04) == "0.040 ≈ 10/255"
    assert text.in_255(0) == "0"


@pytest.mark.parametrize(
    ("clean", "attacked", "start"),
    [
        ("bag", "bag", ":material/check_circle: Still right: **bag** (90 %) before"),
        ("bag", "coat", ":material/cancel: Fooled: **bag** (90 %) became **coat** (70 %)"),
        ("coat", "bag", ":material/error: Wrong before the attack: this is **bag**"),
        ("coat", "coat", ":material/error: Wrong before the attack: this is **bag**"),
    ],
)
def test_verdict(clean: str, attacked: str, start: str) -> None:
    words = text.verdict(truth="bag", clean=clean, clean_p=0.9, attacked=attacked, attacked_p=0.7)
    assert words.startswith(start)


def test_flips() -> None:
    words = text.flips(fgsm=0.015, random=None, largest=0.3)
    assert words == (
        "First wrong under FGSM: at 0.015 ≈ 4/255. Under a random nudge: never, up to 0.3."
    )
    assert "at 0." in text.flips(fgsm=0.0, random=None, largest=0.3)

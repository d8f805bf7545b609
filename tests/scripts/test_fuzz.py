"""The short form of scripts/fuzz.py; and that it would tell."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import NudgeError
from scripts import fuzz
from scripts.fuzzing import Try, damage, refused
from scripts.fuzzing.addresses import addresses
from scripts.fuzzing.files import files
from scripts.fuzzing.uploads import uploads


@pytest.mark.parametrize(
    ("family", "count"), [("uploads", 250), ("addresses", 400), ("files", 150)]
)
def test_nothing_ends_in_an_exception(family: str, count: int) -> None:
    outcome = fuzz.fuzz(family, range(count), seed=1)
    assert outcome.failures == []
    assert outcome.ends.total() == count
    assert len(outcome.ends) > 1  # some were read, some refused


# Whatever hypothesis chooses in place of a generator: it looks for trouble, and makes it small.
generators = st.randoms(use_true_random=False)


@pytest.mark.filterwarnings("ignore")  # as it is outside tests: Pillow warns, and reads on
@pytest.mark.parametrize("family", [uploads, addresses, files])
def test_properties(family: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.fuzzing.addresses.WHOLE_PAGES", 0.0)  # a second each
    assert callable(family)
    with family() as try_one:

        @settings(max_examples=60)
        @given(generators)
        def check(rng: random.Random) -> None:
            assert try_one(rng) in ("read", "refused", "adjusted", "as asked")

        check()


@given(st.binary(max_size=300), generators)
def test_damage_takes_any_bytes(content: bytes, rng: random.Random) -> None:
    assert isinstance(damage(rng, content), bytes)


def test_a_failure_is_told_with_what_makes_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def broken() -> Iterator[Try]:
        def try_one(rng: random.Random) -> str:
            if rng.random() < 0.2:
                raise KeyError("a defect")
            return "read"

        yield try_one

    monkeypatch.setattr(fuzz, "FAMILIES", {"uploads": (broken, 1)})
    monkeypatch.setattr(sys, "argv", ["fuzz.py", "--inputs", "50", "--seed", "3"])
    with pytest.raises(SystemExit) as ended:
        fuzz.main()
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert "KeyError: 'a defect'" in told.err
    number = told.err.split("--first ")[1].split()[0]
    again = ["fuzz.py", "uploads", "--first", number, "--inputs", "1", "--seed", "3"]
    monkeypatch.setattr(sys, "argv", again)
    with pytest.raises(SystemExit) as ended:
        fuzz.main()
    assert ended.value.code == 1
    assert capsys.readouterr().out.endswith("1 failed (0 s)\n")


@pytest.mark.parametrize(
    "error",
    [
        NudgeError("It is\nbroken"),
        NudgeError("it is broken"),
        NudgeError("It is broken."),
        NudgeError("It is broken", expected="something whole"),
        NudgeError("It is broken", where="x" * 2000),
    ],
)
def test_what_is_no_clear_sentence(error: NudgeError) -> None:
    with pytest.raises(AssertionError):
        refused(error)


def test_shares() -> None:
    counts = fuzz.shares(list(fuzz.FAMILIES), 20_001)
    assert sum(counts.values()) == 20_001
    assert counts["uploads"] == 8_000
    assert fuzz.shares(["files"], 7) == {"files": 7}

"""Inputs that nobody in their right mind would send, made from a seed, and what must hold of each.

Each module offers a context manager, which prepares, and gives a function that takes a random
generator, makes one input and tries it. It returns in a word what became of it, and raises where
the program did not read it as it should, nor refuse it in one sentence.
"""

import random
from collections.abc import Callable

from models import NudgeError

Try = Callable[[random.Random], str]

LONGEST = 1500  # characters of a refusal; a path and two checksums are in there


def refused(error: NudgeError) -> str:
    """Checks that a refusal is one clear sentence, and what to do about it."""
    said = str(error)
    if "\n" in said or len(said) > LONGEST or not said[0].isupper() or error.what.endswith("."):
        raise AssertionError(f"no clear sentence: {said[:LONGEST]!r}") from error
    if (error.expected is None) != (error.found is None):
        raise AssertionError(f"half a comparison: {said!r}") from error
    return "refused"


def damage(rng: random.Random, content: bytes) -> bytes:
    """Bytes as a bad disk, a bad line or a bad neighbour leaves them."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 30))):
        # Half of the time where headers are.
        place = rng.randrange(rng.choice((len(changed), min(len(changed), 200)))) if changed else 0
        kind = rng.randrange(6)
        if kind == 0:
            changed[place:place] = rng.randbytes(rng.choice((1, 4, 100)))
        elif kind == 1:
            del changed[place : place + rng.choice((1, 4, 100))]
        elif kind == 2:
            changed = changed[:place]
        elif kind == 3:
            start = rng.randrange(len(changed) + 1)
            changed[place:place] = changed[start : start + rng.choice((10, 1000))]
        elif changed:
            changed[place] = rng.choice((0, 255, 127, rng.randrange(256), changed[place] ^ 1))
        if not changed:
            break
    return bytes(changed)

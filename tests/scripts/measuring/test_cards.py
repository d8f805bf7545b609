"""The comparison of a card with the CPU, on the stand-in and on one that computes otherwise."""

import torch
from torch import Tensor, nn

from models import load_model
from nudge.serving.device_choice import placed
from scripts.measuring.cards import compare
from tests import standin
from tests.conftest import tiny_split

SPLIT = tiny_split(20)


def test_a_device_that_computes_the_same_differs_nowhere() -> None:
    model = load_model("fashion-fcnn")
    there = placed(model, standin.device())
    assert compare(model, there, SPLIT) == {"own": (0, 0.0), "same": (0, 0.0)}


class Off(nn.Module):
    """Logits of which the first is too high."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.network(pictures)
        return logits + torch.tensor([100.0] + 9 * [0.0])


def test_one_that_computes_otherwise_is_told_with_its_margin() -> None:
    model = load_model("fashion-fcnn")
    found = compare(model, Off(model).eval(), SPLIT)
    for differing, margin in found.values():
        assert differing > 0
        assert margin > 1e-4

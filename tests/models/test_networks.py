import pytest
import torch

from models import VARIANTS, Architecture, Variant, build_model

LIMITS = {Architecture.FCNN: 1_500_000, Architecture.CNN: 600_000}  # parameters


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=str)
def test_logits_and_size(variant: Variant) -> None:
    model = build_model(variant).eval()
    assert model(torch.rand(5, 1, 28, 28)).shape == (5, len(variant.classes))
    assert sum(p.numel() for p in model.parameters()) <= LIMITS[variant.architecture]


def test_a_fully_connected_network_does_not_care_for_the_order_of_pixels() -> None:
    """Permuting the columns of its first layer undoes a scramble exactly."""
    ordered = build_model(VARIANTS["fashion-fcnn"]).eval()
    scrambled = build_model(VARIANTS["fashion-fcnn-scrambled"]).eval()
    weights = ordered.state_dict()
    permutation = scrambled.state_dict()["scramble.permutation"]
    weights["network.2.weight"] = weights["network.2.weight"][:, permutation]
    scrambled.load_state_dict(weights | {"scramble.permutation": permutation})
    pictures = torch.rand(4, 1, 28, 28)
    torch.testing.assert_close(scrambled(pictures), ordered(pictures))

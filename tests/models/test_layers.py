import torch

from models.layers import Normalise, Scramble, scramble_permutation


def test_permutation_is_one_fixed_permutation() -> None:
    permutation = scramble_permutation()
    assert torch.equal(permutation, scramble_permutation())
    assert torch.equal(permutation.sort().values, torch.arange(784))
    assert permutation[:4].tolist() == [240, 52, 735, 459]


def test_scramble_moves_pixels_as_the_permutation_says() -> None:
    layer, picture = Scramble(), torch.rand(2, 1, 28, 28)
    scrambled = layer(picture)
    for place in (0, 100, 783):
        source = int(layer.permutation[place])
        assert torch.equal(scrambled.flatten(1)[:, place], picture.flatten(1)[:, source])


def test_undo_is_the_inverse_both_ways() -> None:
    layer, picture = Scramble(), torch.rand(3, 1, 28, 28)
    assert torch.equal(layer.undo(layer(picture)), picture)
    assert torch.equal(layer(layer.undo(picture)), picture)


def test_normalise() -> None:
    assert torch.equal(
        Normalise(0.5, 0.25)(torch.ones(1, 1, 28, 28)), torch.full((1, 1, 28, 28), 2.0)
    )


def test_both_are_saved_and_not_trained() -> None:
    assert list(Normalise().state_dict()) == ["mean", "std"]
    assert list(Scramble().state_dict()) == ["permutation"]
    assert not [*Normalise().parameters(), *Scramble().parameters()]

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models import PRETRAINED, VARIANTS, PretrainedError, Regime, load_model, zoo
from models.layers import scramble_permutation
from models.zoo import trained_variants

IDS = [
    "fashion-fcnn",
    "fashion-fcnn-scrambled",
    "fashion-cnn",
    "fashion-cnn-scrambled",
    "sign-fcnn",
    "sign-fcnn-scrambled",
    "sign-cnn",
    "sign-cnn-scrambled",
]


def test_the_eight_variants_in_order() -> None:
    assert list(VARIANTS)[:8] == IDS  # and after them those of other regimes


def test_classes() -> None:
    letters = VARIANTS["sign-cnn"].classes
    assert letters == (*"ABCDEFGHI", *"KLMNOPQRSTUVWXY")
    assert len(VARIANTS["fashion-cnn"].classes) == 10


@pytest.mark.parametrize("variant", IDS)
def test_load_model(variant: str) -> None:
    model = load_model(variant, device="cpu")
    logits = model(torch.rand(3, 1, 28, 28))
    assert logits.shape == (3, len(VARIANTS[variant].classes))
    assert logits.dtype == torch.float32
    assert not logits.requires_grad
    assert not any(module.training for module in model.modules())


@pytest.mark.parametrize("variant", [i for i in IDS if "scrambled" in i])
def test_weights_hold_the_permutation_of_the_code(variant: str) -> None:
    saved = load_file(VARIANTS[variant].weights)["scramble.permutation"]
    assert torch.equal(saved, scramble_permutation())


def test_unknown_variant() -> None:
    with pytest.raises(ValueError, match=r"expected a variant out of fashion-.*; got 'mnist'"):
        load_model("mnist")


@pytest.fixture
def pretrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the weights that may be broken."""
    folder = tmp_path / "pretrained"
    shutil.copytree(PRETRAINED, folder)
    monkeypatch.setattr(zoo, "PRETRAINED", folder)
    return folder


WEIGHTS = "sign-fcnn.safetensors"


def _edit_card(folder: Path, **fields: object) -> None:
    index = folder / "index.json"
    records = json.loads(index.read_text())
    records["sign-fcnn"] |= fields
    index.write_text(json.dumps(records))


def _trust(folder: Path) -> None:
    """Make the card agree with whatever the file holds, so that loading meets the content."""
    from hashlib import sha256

    _edit_card(folder, sha256=sha256((folder / WEIGHTS).read_bytes()).hexdigest())


def _missing(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def _flipped_bit(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-1000] ^= 1
    (folder / WEIGHTS).write_bytes(content)


def _cut(folder: Path) -> None:
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])
    _trust(folder)


def _swapped(folder: Path) -> None:
    shutil.copy(folder / "fashion-fcnn.safetensors", folder / WEIGHTS)
    _trust(folder)


def _swapped_whole(folder: Path) -> None:
    """As they come, between twins whose tensors have the same shapes."""
    shutil.copy(folder / "fashion-fcnn.safetensors", folder / WEIGHTS)


def _folder(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).mkdir()


def _other_shape(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    name = next(name for name in tensors if name.endswith("weight"))
    save_file(tensors | {name: tensors[name][:-1].contiguous()}, folder / WEIGHTS)
    _trust(folder)


def _brackets(folder: Path) -> None:
    (folder / "index.json").write_text("[" * 100_000)


def _no_field(folder: Path) -> None:
    index = folder / "index.json"
    records = json.loads(index.read_text())
    del records["sign-fcnn"]["random"]
    index.write_text(json.dumps(records))


def _extra_tensor(folder: Path) -> None:
    save_file(load_file(folder / WEIGHTS) | {"surplus": torch.zeros(1)}, folder / WEIGHTS)
    _trust(folder)


def _no_json(folder: Path) -> None:
    (folder / "index.json").write_text("{")


def _no_card(folder: Path) -> None:
    (folder / "index.json").write_text("{}")


def _no_index(folder: Path) -> None:
    (folder / "index.json").unlink()


def _list(folder: Path) -> None:
    (folder / "index.json").write_text("[]")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_missing, "The weights of sign-fcnn are missing"),
        (_flipped_bit, "The weights of sign-fcnn are not those of its card .*expected SHA-256"),
        (_cut, "The weights of sign-fcnn are no safetensors file"),
        (_swapped, "The weights of sign-fcnn do not fit its network"),
        (_extra_tensor, "The weights of sign-fcnn do not fit its network .*surplus"),
        (_swapped_whole, "The weights of sign-fcnn are not those of its card"),
        (_folder, "The weights of sign-fcnn cannot be read .*expected a file"),
        (_other_shape, "The weights of sign-fcnn do not fit its network .*size mismatch"),
        (_no_json, "The model cards cannot be read"),
        (_brackets, "The model cards cannot be read .*RecursionError"),
        (_no_field, "The card of sign-fcnn cannot be read .*KeyError: 'random'"),
        (_no_card, "The card of sign-fcnn cannot be read"),
        (_list, "The model cards cannot be read"),
        (_no_index, "The model cards are missing"),
    ],
)
def test_damage_is_told_with_the_command_that_mends_it(
    pretrained: Path, damage: object, message: str
) -> None:
    assert callable(damage)
    damage(pretrained)
    with pytest.raises(PretrainedError, match=message) as raised:
        load_model("sign-fcnn")
    assert "git checkout -- pretrained" in str(raised.value)
    assert str(pretrained) in str(raised.value)


def test_one_broken_variant_leaves_the_others(pretrained: Path) -> None:
    _flipped_bit(pretrained)
    assert load_model("sign-fcnn-scrambled")


def test_which_variants_there_are_is_read_from_the_cards(tmp_path: Path) -> None:
    assert list(trained_variants(tmp_path)) == list(VARIANTS)[:8]  # no cards: each is told of
    (tmp_path / "index.json").write_text(
        '{"sign-cnn-robust": {}, "sign-cnn": {}, "a-stranger": {}}'
    )
    found = trained_variants(tmp_path)
    assert list(found) == [*list(VARIANTS)[:8], "sign-cnn-robust"]
    assert found["sign-cnn-robust"].regime is Regime.ROBUST
    assert list(trained_variants()) == list(VARIANTS)

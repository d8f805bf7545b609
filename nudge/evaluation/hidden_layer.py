"""What a network makes of a picture right before it decides: its last hidden layer."""

import copy

import torch
from torch import Tensor, nn

from nudge.argument_checks import check_images, check_model


@torch.inference_mode()
def last_hidden(model: nn.Module, images: Tensor, *, batch_size: int = 250) -> Tensor:
    """The values that the last dense layer makes its logits of: float32 (N, hidden).

    Args:
        model: in eval mode, with a dense layer at its end. It is not changed: a copy is asked.
        images: floating point (N, 1, 28, 28) in [0, 1].

    Raises:
        ValueError: an argument is not as said.
    """
    check_model(model)
    check_images(images)
    asked = copy.deepcopy(model)
    dense = [part for part in asked.modules() if isinstance(part, nn.Linear)]
    if not dense:
        raise ValueError(f"expected a model with a dense layer, got {type(model).__name__}")
    found: list[Tensor] = []
    dense[-1].register_forward_pre_hook(lambda _, inputs: found.append(inputs[0].float()))
    for batch in images.split(batch_size):  # type: ignore[no-untyped-call]
        asked(batch)
    return torch.cat(found) if found else torch.empty(0, dense[-1].in_features)

"""Ways to count what a network reads at every epsilon of FGSM: ours, those of others, and limits.

Each is a function of nothing that returns, for each epsilon and picture, whether the picture is
read right: bool (K, N). All take the same pictures in the same batches.
"""

import timeit
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from models import Variant, build_model, load_model
from nudge.attacks import fgsm
from nudge.batch_size import BATCH_SIZE
from nudge.evaluation.predictions import stream_batches

ENGINE = "Nudge"
RIVALS = ("torchattacks", "foolbox")  # as they are used, and with the channels last
LOOP = "the tutorial's loop"
BARE = "K + 1 bare forward passes"
PRODUCTS = "K + 1 passes' multiply-adds alone"

Contender = Callable[[], Tensor]
# Of one batch: model, pictures, labels and epsilons to what is right.
Count = Callable[[nn.Module, Tensor, Tensor, Sequence[float]], Tensor]


def contiguous(variant: Variant) -> nn.Module:
    """The trained network as a program of others would load it."""
    model = build_model(variant)
    model.load_state_dict(load_model(variant).state_dict())
    return model.requires_grad_(False).eval().to(memory_format=torch.contiguous_format)


def contenders(
    variant: Variant, pictures: Tensor, labels: Tensor, epsilons: Sequence[float]
) -> dict[str, Contender]:
    """Everything that counts, by its name. Needs requirements-bench.txt."""
    model, plain = load_model(variant), contiguous(variant)
    data = in_batches(pictures, labels)
    found: dict[str, Contender] = {ENGINE: lambda: engine(model, pictures, labels, epsilons)}
    layouts = {"": plain, ", channels last": model} if _has_maps(model) else {"": plain}
    for rival, count in zip(RIVALS, (by_torchattacks, by_foolbox), strict=True):
        for layout, network in layouts.items():
            found[rival + layout] = _by_batches(count, network, data, epsilons)
    # As the tutorial does it, which leaves the parameters their gradients.
    trainable = contiguous(variant).requires_grad_()
    found[LOOP] = _by_batches(by_tutorial, trainable, data, epsilons)
    found[BARE] = lambda: bare(model, data, len(epsilons) + 1)
    return found


def in_batches(pictures: Tensor, labels: Tensor) -> list[tuple[Tensor, Tensor]]:
    parts = (torch.split(values, BATCH_SIZE) for values in (pictures, labels))
    return list(zip(*parts, strict=True))


def reference(
    model: nn.Module, pictures: Tensor, labels: Tensor, epsilons: Sequence[float]
) -> Tensor:
    """One gradient and one forward pass for each epsilon: the logits, (K, N, classes)."""
    with torch.inference_mode():
        return torch.stack([model(fgsm(model, pictures, labels, e)) for e in epsilons])


def engine(model: nn.Module, pictures: Tensor, labels: Tensor, epsilons: Sequence[float]) -> Tensor:
    batches = stream_batches(model, pictures, labels, epsilons)
    return torch.cat([batch.predictions for batch in batches], dim=1) == labels


def _by_batches(
    count: Count,
    model: nn.Module,
    data: Sequence[tuple[Tensor, Tensor]],
    epsilons: Sequence[float],
) -> Contender:
    return lambda: torch.cat([count(model, *batch, epsilons) for batch in data], dim=1)


def by_torchattacks(
    model: nn.Module, pictures: Tensor, labels: Tensor, epsilons: Sequence[float]
) -> Tensor:
    """torchattacks.FGSM, arXiv:2010.01950."""
    import torchattacks

    right = []
    for epsilon in epsilons:
        attacked = torchattacks.FGSM(model, eps=epsilon)(pictures, labels)
        with torch.no_grad():
            right.append(model(attacked).argmax(dim=1) == labels)
    return torch.stack(right)


def by_foolbox(
    model: nn.Module, pictures: Tensor, labels: Tensor, epsilons: Sequence[float]
) -> Tensor:
    """LinfFastGradientAttack of foolbox, doi:10.21105/joss.02607, which says what it fooled."""
    import foolbox

    attack = foolbox.attacks.LinfFastGradientAttack(random_start=False)
    bounded = foolbox.PyTorchModel(model, bounds=(0, 1))
    fooled: Tensor = attack(bounded, pictures, labels, epsilons=list(epsilons))[2]
    return ~fooled


def by_tutorial(
    model: nn.Module, pictures: Tensor, labels: Tensor, epsilons: Sequence[float]
) -> Tensor:
    """What a tutorial has: for each epsilon the loss, its gradient, the attack, and its logits."""
    right = []
    for epsilon in epsilons:
        batch = pictures.clone().requires_grad_()
        model.zero_grad()
        F.cross_entropy(model(batch), labels).backward()  # type: ignore[no-untyped-call]
        if batch.grad is None:
            raise RuntimeError("the network has no gradient")
        attacked = (batch + epsilon * batch.grad.sign()).clamp(0, 1)
        right.append(model(attacked).argmax(dim=1) == labels)
    return torch.stack(right)


@torch.inference_mode()
def bare(model: nn.Module, data: Sequence[tuple[Tensor, Tensor]], passes: int) -> Tensor:
    """So many forward passes over the clean pictures, none of which is attacked."""
    rows = [[model(batch).argmax(dim=1) == labels for batch, labels in data] for _ in range(passes)]
    return torch.stack([torch.cat(row) for row in rows[1:]])


def multiply_adds(model: nn.Module) -> int:
    """Of one picture's forward pass, in convolutions and dense layers."""
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, 1, 28, 28))
    return int(counter.get_total_flops()) // 2  # it counts multiplications and additions apart


def product_rate(side: int = 1536, rounds: int = 5) -> float:
    """Multiply-adds a second of the machine's best matrix product, with PyTorch's threads.

    The faster of PyTorch's two: `torch.mm` (MKL, where there is one) and oneDNN's, which the
    engine uses.
    """
    square = torch.rand(side, side)
    bias = torch.zeros(side)
    ways: list[Callable[[], Tensor]] = [lambda: square @ square]
    if torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        product = torch.ops.mkldnn._linear_pointwise
        ways.append(lambda: product(square, square, bias, "none", [], ""))
    with torch.inference_mode():
        return side**3 / min(min(timeit.repeat(way, number=1, repeat=rounds)) for way in ways)


def _has_maps(model: nn.Module) -> bool:
    return any(isinstance(layer, nn.Conv2d) for layer in model.modules())

"""Transfer between several networks, counted in the background while somebody watches."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nudge.argument_checks import check_directions, check_split
from nudge.batch_size import as_batch_size
from nudge.data import Split
from nudge.devices import CPU
from nudge.evaluation.transferability import Transfer, transfer_counter
from nudge.serving import scheduler
from nudge.serving.background_job import Job
from nudge.serving.device_choice import placed
from nudge.serving.scheduler import Counter

# Pictures at a time: twenty curves for each, and other pages wait for their turn meanwhile.
BATCH_SIZE = 25


def transfer_job(
    models: Sequence[nn.Module], split: Split, epsilons: tuple[float, ...], control: Tensor
) -> Job[Transfer]:
    """Transfer in the making over a split; arguments and errors are those of `transfer_counter`."""
    check_split(split)
    check_directions(control, len(split.labels))

    def counter(device: torch.device) -> Counter[Transfer]:
        there = models if device == CPU else [placed(model, device) for model in models]
        images, labels, signs = (values.to(device) for values in (*split, control))
        yield_to = scheduler.FOREGROUND.yield_to_foreground
        count = transfer_counter(there, images, labels, epsilons, control=signs, yield_to=yield_to)
        return Counter(count, as_batch_size(None, there))

    nothing = counter(CPU).count(slice(0))
    return Job(counter, nothing, total=len(split.labels), batch_size=BATCH_SIZE)

"""Drawing new pictures of a class, with a network that learnt how noise flows into pictures.

Flow matching (arXiv:2210.02747) along straight lines: between a noise `x0` and a picture `x1` lie
the points `(1 - t) x0 + t x1`, and a network learns the velocity `x1 - x0` from the point, the time
`t` and the class. Following it from fresh noise, from t = 0 to t = 1, leads to a picture that
nobody took.
"""

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import SIDE
from nudge.argument_checks import as_count, check_labels, check_split
from nudge.data import Split, digest, to_pixels
from nudge.files import code_digest
from nudge.training.checkpoints import Checkpoint
from nudge.training.optimisation import one_cycle, update_ema

PULSES = 64  # sines and cosines that tell the network the time


@dataclass(frozen=True, kw_only=True)
class FlowRecipe:
    """Everything about the network, its training and its drawing that may be chosen."""

    widths: tuple[int, ...] = (32, 64, 128)  # channels at 28, 14 and 7 pixels a side
    steps: int = 5_000
    batch_size: int = 64
    learning_rate: float = 1e-3  # at its peak
    warm_up: float = 0.05  # fraction of the steps
    averaging: float = 0.999  # of the weights, which draw (EMA)
    class_dropout: float = 0.1  # fraction of pictures whose class the network is not told
    draw_steps: int = 30  # of Euler's method
    guidance: float = 1.5  # 1 follows the class as learnt, more exaggerates it (arXiv:2207.12598)


class Block(nn.Module):
    """Two convolutions beside a shortcut; the condition scales and shifts between them."""

    def __init__(self, before: int, after: int, condition: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.GroupNorm(8, before), nn.SiLU(), nn.Conv2d(before, after, 3, padding=1)
        )
        self.norm = nn.GroupNorm(8, after)
        self.condition = nn.Linear(condition, 2 * after)
        self.second = nn.Conv2d(after, after, 3, padding=1)
        nn.init.zeros_(self.second.weight)  # each block starts as its shortcut
        self.shortcut = nn.Conv2d(before, after, 1) if before != after else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.condition(condition)[:, :, None, None].chunk(2, dim=1)
        hidden = self.norm(self.first(x)) * (1 + scale) + shift
        return self.shortcut(x) + self.second(F.silu(hidden))  # type: ignore[no-any-return]


class Attention(nn.Module):
    """Every place looks at every other: one head, beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.mix = nn.Conv2d(width, 3 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor) -> Tensor:
        places = self.mix(self.norm(x)).flatten(2).transpose(1, 2)  # (N, places, 3 width)
        seen = F.scaled_dot_product_attention(*places.chunk(3, dim=2))
        return x + self.out(seen.transpose(1, 2).reshape(x.shape))  # type: ignore[no-any-return]


class VelocityNetwork(nn.Module):
    """A U-Net: the velocity at a point, from the time and the class.

    >>> network = VelocityNetwork(classes=24, widths=(32, 64, 128))
    >>> network(torch.randn(5, 1, 28, 28), torch.rand(5), torch.zeros(5, dtype=torch.int64)).shape
    torch.Size([5, 1, 28, 28])
    """

    def __init__(self, classes: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.classes = classes  # also the label that says nothing
        condition = widths[-1]
        self.label = nn.Embedding(classes + 1, condition)
        self.time = nn.Sequential(
            nn.Linear(PULSES, condition), nn.SiLU(), nn.Linear(condition, condition)
        )
        self.stem = nn.Conv2d(1, widths[0], 3, padding=1)
        pairs = list(zip((widths[0], *widths), widths, strict=False))
        self.down = nn.ModuleList(Block(*pair, condition) for pair in pairs)
        self.middle = nn.ModuleList(Block(condition, condition, condition) for _ in range(2))
        self.attention = Attention(condition)
        self.up = nn.ModuleList(
            Block(2 * after, before, condition) for before, after in reversed(pairs)
        )
        self.out = nn.Sequential(
            nn.GroupNorm(8, widths[0]), nn.SiLU(), nn.Conv2d(widths[0], 1, 3, padding=1)
        )

    def forward(self, x: Tensor, times: Tensor, labels: Tensor) -> Tensor:
        """`x` is (N, 1, 28, 28), `times` (N,) in [0, 1], `labels` int64 (N,)."""
        condition = F.silu(self.time(_pulses(times)) + self.label(labels))
        hidden, kept = self.stem(x), []
        for i, block in enumerate(self.down):
            hidden = block(F.avg_pool2d(hidden, 2) if i else hidden, condition)
            kept.append(hidden)
        hidden = self.attention(self.middle[0](hidden, condition))
        hidden = self.middle[1](hidden, condition)
        for i, block in enumerate(self.up):
            hidden = F.interpolate(hidden, scale_factor=2.0) if i else hidden
            hidden = block(torch.cat([hidden, kept.pop()], dim=1), condition)
        return self.out(hidden)  # type: ignore[no-any-return]


class FlowTraining:
    """One training of a network that draws pictures like those of a split.

    >>> training = FlowTraining(load_split("sign", "train"), FlowRecipe(), seed=0)
    >>> for done, loss in training.steps():
    ...     print(done, loss)
    >>> training.draw(torch.arange(24), seed=1).shape
    torch.Size([24, 28, 28])
    """

    def __init__(
        self,
        split: Split,
        recipe: FlowRecipe,
        *,
        seed: int,
        device: str | torch.device = "cpu",
        mixed_precision: bool = False,
        checkpoint: Path | None = None,
        every: int = 100,
    ) -> None:
        """Set up a training, or take it up where its `checkpoint` left it.

        Args:
            seed: of the first weights and of everything random after.
            mixed_precision: multiply in bfloat16; weights and their updates stay float32.
            checkpoint: file that is written after each `every` steps, and read here if it stands
                there and comes from the same recipe, seed, data and threads.

        Raises:
            ValueError: the split is none, or has no picture.
        """
        check_split(split)
        as_count(len(split.labels), "a count of pictures", least=1)
        self.recipe, self.seed, self.every = recipe, seed, every
        self.device, self.mixed_precision = torch.device(device), mixed_precision
        self.done, self.seconds = 0, 0.0  # those before an interruption included
        pixels = to_pixels(split.images)
        self.mean, self.std = pixels.mean().item(), pixels.std().item()
        self._pictures, self._labels = (pixels - self.mean) / self.std, split.labels
        torch.manual_seed(seed)
        self._live = VelocityNetwork(int(split.labels.max()) + 1, recipe.widths).to(self.device)
        self.network = copy.deepcopy(self._live).eval()  # the average, which draws
        self._optimiser = torch.optim.AdamW(
            self._live.parameters(), lr=recipe.learning_rate, weight_decay=0.01, fused=True
        )
        self._checkpoint = self._resume(checkpoint, digest(*split)) if checkpoint else None

    def _resume(self, path: Path, data: str) -> Checkpoint:
        fingerprint = {
            "code": code_digest(Block, update_ema),
            "recipe": repr(asdict(self.recipe)),
            "seed": self.seed,
            "data": data,
            "mixed_precision": self.mixed_precision,
            "device": self.device.type,
            "threads": torch.get_num_threads(),  # decide the last bits
            "torch": torch.__version__,
        }
        modules = {"live": self._live, "average": self.network}
        checkpoint = Checkpoint(path, fingerprint, modules, self._optimiser)
        if (record := checkpoint.read()) is not None:
            self.done, self.seconds = record["done"], record["seconds"]
        return checkpoint

    def steps(self) -> Iterator[tuple[int, Tensor]]:
        """Train what is left, yielding after each step how many are done, and its loss."""
        while self.done < self.recipe.steps:
            start = time.perf_counter()
            loss = self._step()
            update_ema(self.network, self._live, decay=self.recipe.averaging, step=self.done)
            self.done += 1
            self.seconds += time.perf_counter() - start
            if self._checkpoint is not None and self.done % self.every == 0:
                self._checkpoint.write({"done": self.done, "seconds": self.seconds})
            yield self.done, loss

    def _step(self) -> Tensor:
        # A generator for each step: a training that was interrupted goes on as if it were not.
        generator = torch.Generator().manual_seed(self.seed * 1_000_000 + self.done + 1)
        size = self.recipe.batch_size
        chosen = torch.randint(len(self._labels), (size,), generator=generator)
        x1, labels = self._pictures[chosen], self._labels[chosen].clone()
        labels[torch.rand(size, generator=generator) < self.recipe.class_dropout] = (
            self._live.classes
        )
        x0 = torch.randn(x1.shape, generator=generator)
        # Logit-normal: more often midway, where the velocity is hardest (arXiv:2403.03206).
        times = torch.randn(size, generator=generator).sigmoid()
        x0, x1, times, labels = (v.to(self.device) for v in (x0, x1, times, labels))
        place = times[:, None, None, None]
        rate = one_cycle((self.done + 1) / self.recipe.steps, self.recipe.warm_up)
        for group in self._optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * rate
        velocity = self._velocity(self._live, (1 - place) * x0 + place * x1, times, labels)
        loss = F.mse_loss(velocity, x1 - x0)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        return loss.detach()

    def _velocity(self, network: nn.Module, x: Tensor, times: Tensor, labels: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed_precision):
            velocity: Tensor = network(x, times, labels)
        return velocity.float()

    def draw(
        self, labels: Tensor, *, seed: int, progress: Callable[[int], object] | None = None
    ) -> Tensor:
        """A picture of each label: uint8 (N, 28, 28). The same seed draws the same pictures.

        Raises ValueError of labels that are no classes.
        """
        check_labels(labels, None, self.network.classes)
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(len(labels), 1, SIDE, SIDE, generator=generator)
        drawn = []
        for x, wanted in zip(torch.split(noise, 100), torch.split(labels, 100), strict=True):
            drawn.append(self._follow(x.to(self.device), wanted.to(self.device)).cpu())
            if progress is not None:
                progress(sum(map(len, drawn)))
        pixels = torch.cat(drawn).squeeze(1) * self.std + self.mean
        return (pixels * 255).round().clamp(0, 255).to(torch.uint8)

    @torch.inference_mode()
    def _follow(self, x: Tensor, labels: Tensor) -> Tensor:
        """From noise, (N, 1, 28, 28), along the velocity to where pictures are."""
        anything = torch.full_like(labels, self.network.classes)
        for i in range(self.recipe.draw_steps):
            times = torch.full((len(x),), i / self.recipe.draw_steps, device=x.device)
            told = self._velocity(self.network, x, times, labels)
            untold = self._velocity(self.network, x, times, anything)
            velocity = untold + self.recipe.guidance * (told - untold)
            x = x + velocity / self.recipe.draw_steps
        return x


def _pulses(times: Tensor) -> Tensor:
    """Sines and cosines of the times, from a quarter turn over [0, 1] to 25: (N, PULSES)."""
    pace = math.pi / 2 * torch.logspace(0, 2, PULSES // 2, device=times.device)
    angles = times[:, None] * pace
    return torch.cat([angles.sin(), angles.cos()], dim=1)

"""Training one variant: the whole set on the device as one uint8 tensor, shuffled by index.

Every source of chance is seeded anew at the start of each epoch from (seed, epoch), so an epoch
depends only on the weights it starts from. On a CPU, whose sums have one order for one number of
threads, a run that was broken off and taken up again therefore ends in the very weights of an
unbroken one.

Several processes train data-parallel: each holds the whole set, takes its share of every batch, and
their gradients are averaged. Batch norm then normalises by a share, not by the whole batch, so the
weights are not those that one process would have found.
"""

import copy
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from models import Epoch, NudgeError, Scramble, Variant, build_model
from models.networks import fully_connected
from models.zoo import find_variant
from nudge.argument_checks import check_split
from nudge.attacks import bim
from nudge.attacks.iterated import L_INFINITY, ascend
from nudge.data import Split, digest, to_pixels
from nudge.data.movement import move_objects
from nudge.distributed import SINGLE_PROCESS, Workers
from nudge.files import code_digest
from nudge.training.augmentation import Mixup, add_noise
from nudge.training.checkpoints import Checkpoint
from nudge.training.optimisation import adamw, one_cycle, update_ema
from nudge.training.recipes import Recipe

OVERFITS_FROM = 0.3  # of what is watched: less may be chance
MOVEMENTS = 16  # drawn for a batch: more cost more than they add to what later batches draw
WATCHED = 1000  # training pictures that are attacked after every epoch of adversarial training


@dataclass(frozen=True)
class Step:
    """Where a training stands, for a progress bar."""

    done: int  # steps, out of `total`
    total: int
    loss: Tensor | None  # of its batch, if one is done; reading it waits for the device


class Training:
    """One training run, an epoch at a time.

    >>> run = Training(VARIANTS["sign-cnn"], RECIPES["sign", "cnn"], train, test, seed=0)
    >>> for step in run.epochs():
    ...     progress.update()
    >>> run.model  # the trained model: the average of weights (EMA), in eval mode
    """

    def __init__(
        self,
        variant: Variant,
        recipe: Recipe,
        train: Split,
        test: Split,
        *,
        seed: int = 0,
        device: str | torch.device = "cpu",
        mixed_precision: bool = False,
        checkpoint: Path | None = None,
        workers: Workers = SINGLE_PROCESS,
    ) -> None:
        """Set up a run, or take it up where its `checkpoint` left it.

        Args:
            seed: of the first weights and of everything random after.
            mixed_precision: multiply in bfloat16; weights and their updates stay float32.
            checkpoint: file that is written after every epoch, and read here if it stands there
                and comes from the same recipe, seed and data. All workers read it, one writes.
            workers: the processes that train together.

        Raises:
            ValueError: a split is none of that data set's classes, or there is no such variant.
            NudgeError: there is no whole batch, the workers cannot share one evenly, or they do
                not see the same checkpoint.
        """
        variant = find_variant(variant)
        for split in (train, test):
            check_split(split, len(variant.classes))
        if recipe.batch_size % workers.count or recipe.batch_size // workers.count < 2:
            raise NudgeError(
                "The processes cannot share a batch evenly, two pictures or more for each",
                expected=f"a divisor of the batch size, {recipe.batch_size}",
                found=f"{workers.count} processes",
            )
        if recipe.batch_size > len(train.labels):
            raise NudgeError(
                "A batch is larger than the training set",
                expected=f"at most {len(train.labels)} pictures",
                found=recipe.batch_size,
            )
        self.variant, self.recipe, self.seed = variant, recipe, seed
        self.workers = workers
        self.device = torch.device(device)
        self.mixed_precision = mixed_precision
        self.train, self.test = (
            Split(s.images.to(self.device), s.labels.to(self.device)) for s in (train, test)
        )
        self.curve: list[Epoch] = []
        self.seconds = 0.0  # of all epochs so far, those before an interruption included

        torch.manual_seed(seed)
        pixels = train.images.double() / 255
        self._live = build_model(
            variant,
            mean=pixels.mean().item(),
            std=pixels.std().item(),
            input_dropout=recipe.input_dropout,
            dropout=recipe.dropout,
        )
        self._live.to(self.device).to(memory_format=torch.channels_last)
        self._network = self._live.get_submodule("network")
        self._average = copy.deepcopy(self._network)
        self._optimiser = adamw(self._network, recipe)
        self.fingerprint = {  # all that the weights depend on; another one starts anew
            "code": code_digest(*HOW, *WHAT),
            "variant": variant.id,
            "recipe": asdict(recipe),
            "network": repr(self._live),
            "seed": seed,
            "data": digest(*train),
            "threads": torch.get_num_threads(),
            "processes": workers.count,
            "device": self.device.type,
            "mixed_precision": mixed_precision,
            "torch": torch.__version__,
        }
        self._checkpoint: Checkpoint | None = None
        if checkpoint is not None:
            modules = {"live": self._live, "average": self._average}
            self._checkpoint = Checkpoint(checkpoint, self.fingerprint, modules, self._optimiser)
            self._resume(self._checkpoint)
        epochs = workers.from_first(lambda: len(self.curve))
        if len(self.curve) != epochs:
            raise NudgeError(
                "The processes do not take up the same training",
                where=checkpoint,
                expected=f"the checkpoint of the first process, {epochs} epochs old",
                found=f"one of {len(self.curve)} epochs",
                mend="give --checkpoint-dir a folder that all machines share",
            )
        self._step_model: nn.Module = self._live
        if workers.count > 1:  # the wrapper averages gradients and shares the first one's buffers
            self._step_model = DistributedDataParallel(self._live)

    @property
    def model(self) -> nn.Sequential:
        """The model as it stands: averaged weights, eval mode. Shares memory with the run."""
        layers = dict(self._live.named_children()) | {"network": self._average}
        model = nn.Sequential()
        for name, layer in layers.items():
            model.add_module(name, layer)
        return model.eval()

    @property
    def finished(self) -> bool:
        return len(self.curve) == self.recipe.epochs

    def epochs(self) -> Iterator[Step]:
        """Train what is left, yielding at the start and after every step.

        Curve and checkpoint grow at the end of every epoch.
        """
        recipe, steps = self.recipe, self.recipe.epochs * self._steps_an_epoch
        yield Step(len(self.curve) * self._steps_an_epoch, steps, None)
        while not self.finished:
            start = time.perf_counter()
            done = len(self.curve) * self._steps_an_epoch
            loss = correct = torch.zeros((), device=self.device)
            self._live.train()
            for i, (batch, blend) in enumerate(self._batches()):
                self._set_rate((done + i) / steps)
                step_loss, step_correct = self._step(batch, blend)
                update_ema(self._average, self._network, decay=recipe.averaging, step=done + i)
                loss, correct = loss + step_loss, correct + step_correct
                yield Step(done + i + 1, steps, step_loss)
            seen = self._steps_an_epoch * self.recipe.batch_size
            loss, correct = self.workers.sum(loss) / self.workers.count, self.workers.sum(correct)
            test_loss, test_accuracy = self._evaluate()
            self.curve.append(
                Epoch(
                    train_loss=loss.item() / self._steps_an_epoch,
                    train_accuracy=correct.item() / seen,
                    test_loss=test_loss,
                    test_accuracy=test_accuracy,
                    robust_accuracy=self._robust_accuracy() if recipe.epsilon else None,
                )
            )
            self._check_overfitting()
            self.seconds += time.perf_counter() - start
            if self._checkpoint is not None and self.workers.first:
                curve = [asdict(epoch) for epoch in self.curve]
                self._checkpoint.write({"curve": curve, "seconds": self.seconds})

    def _resume(self, checkpoint: Checkpoint) -> None:
        if (record := checkpoint.read()) is not None:
            self.curve = [Epoch(**epoch) for epoch in record["curve"]]
            self.seconds = record["seconds"]

    @property
    def _steps_an_epoch(self) -> int:
        return len(self.train.images) // self.recipe.batch_size

    def _batches(self) -> Iterator[tuple[Tensor, Mixup | None]]:
        """Indices and blend of each batch of the next epoch; a last, smaller batch is left out.

        Workers agree on the batches, of which each takes its share, and on how far to blend.
        """
        epoch_seed = self.seed * 10_000 + len(self.curve) + 1
        own_seed = epoch_seed + (self.workers.rank << 40)  # far from those of any epoch
        torch.manual_seed(own_seed)  # dropout and noise draw from the global generators
        partners = torch.Generator().manual_seed(own_seed)
        shares = random.Random(epoch_seed)  # noqa: S311 (nothing secret)
        generator = torch.Generator().manual_seed(epoch_seed)
        order = torch.randperm(len(self.train.images), generator=generator)
        whole = order[: self._steps_an_epoch * self.recipe.batch_size].to(self.device)
        for batch in whole.view(-1, self.recipe.batch_size):
            mine, blend = self.workers.shard(batch), None
            if self.recipe.mixup:
                share = shares.betavariate(self.recipe.mixup, self.recipe.mixup)
                blend = Mixup(share, torch.randperm(len(mine), generator=partners))
            yield mine, blend

    def _step(self, batch: Tensor, blend: Mixup | None) -> tuple[Tensor, Tensor]:
        """One update of the weights: the batch's loss and count of right answers."""
        pictures = to_pixels(self.train.images[batch])
        targets = F.one_hot(self.train.labels[batch], len(self.variant.classes)).float()
        recipe = self.recipe
        pictures = move_objects(
            pictures,
            shift=recipe.shift,
            rotation=recipe.rotation,
            scale=recipe.scale,
            flip=recipe.flip,
            draws=MOVEMENTS,
        )
        if self.recipe.noise:
            pictures = add_noise(pictures, self.recipe.noise)
        if blend is not None:
            pictures, targets = blend(pictures), blend(targets)
        first = round(self.recipe.attacked * len(pictures))  # any, for batches are shuffled
        if self.recipe.epsilon and first:
            attacked = self._attacked(pictures[:first], targets[:first])
            pictures = torch.cat([attacked, pictures[first:]])
        logits = self._logits(self._step_model, pictures)
        loss = F.cross_entropy(logits, targets, label_smoothing=self.recipe.label_smoothing)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        return loss.detach(), (logits.argmax(1) == targets.argmax(1)).sum()

    def _logits(self, model: nn.Module, pictures: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed_precision):
            logits: Tensor = model(pictures.contiguous(memory_format=torch.channels_last))
        return logits.float()

    def _attacked(self, pictures: Tensor, targets: Tensor) -> Tensor:
        """The batch under the recipe's attack on the network as it trains, dropout included."""
        recipe = self.recipe

        def gradient_at(moved: Tensor) -> Tensor:
            moved = moved.detach().requires_grad_()
            loss = F.cross_entropy(self._logits(self._live, moved), targets, reduction="sum")
            return torch.autograd.grad(loss, moved)[0]

        start = recipe.epsilon * recipe.random_start * L_INFINITY.start(pictures, None)
        return ascend(
            gradient_at,
            pictures,
            L_INFINITY,
            radius=recipe.epsilon,
            steps=recipe.attack_steps,
            step_size=recipe.epsilon * recipe.attack_step_size,
            start=start,
        )

    def _set_rate(self, progress: float) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * one_cycle(progress, self.recipe.warm_up)

    @torch.inference_mode()
    def _evaluate(self) -> tuple[float, float]:
        """Mean cross-entropy and top-1 accuracy of the averaged model on the test set."""
        # Weights are the same everywhere; what batch norm saw, each process averaged for itself.
        self.workers.broadcast(self._average.buffers())
        model, size, total = self.model, 500, len(self.test.labels)
        loss = correct = 0.0
        for start in range(self.workers.rank * size, total, self.workers.count * size):
            images, labels = (values[start : start + size] for values in self.test)
            logits = model(to_pixels(images))
            loss += F.cross_entropy(logits, labels, reduction="sum").item()
            correct += (logits.argmax(1) == labels).sum().item()
        sums = torch.tensor([loss, correct], dtype=torch.float64)
        loss, correct = self.workers.sum(sums).tolist()
        return loss / total, correct / total

    def _robust_accuracy(self) -> float:
        """Top-1 accuracy of the averaged model on training pictures under PGD.

        It watches for catastrophic overfitting (arXiv:2001.03994), where a network withstands the
        attack of its training and no other. Test pictures decide nothing about a training.
        """
        images, labels = (values[:WATCHED] for values in self.train)
        attacked = bim(self.model, to_pixels(images), labels, self.recipe.epsilon, steps=10)
        with torch.inference_mode():
            return float((self.model(attacked).argmax(1) == labels).double().mean())

    def _check_overfitting(self) -> None:
        """End a training that withstands its own attack alone, unless it is meant to.

        Without a random start it is: that is how `masked` is made.
        """
        watched = [e.robust_accuracy for e in self.curve if e.robust_accuracy is not None]
        if not watched or not self.recipe.random_start:
            return
        best, now = max(watched), watched[-1]
        if best >= OVERFITS_FROM and now < best / 2:
            raise NudgeError(
                f"{self.variant.id} withstands the attack of its training and no other any more",
                expected=f"at least half of the {best:.1%} of training pictures under PGD",
                found=f"{now:.1%} after epoch {len(self.curve)}",
                hint="More steps attack it better: add "
                f"--set attack_steps={self.recipe.attack_steps + 2} to the command",
            )


# What says how to train, and what: weights depend on the code of each.
HOW = (Training, Mixup, adamw, Checkpoint, Workers, to_pixels, move_objects, ascend)
WHAT = (build_model, Scramble, fully_connected)

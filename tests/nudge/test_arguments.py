"""Every public function of `models` and `nudge`, given the same list of wrong arguments.

A function that takes pictures, labels, epsilons, directions or a model and is not in the table
below fails the second test.
"""

import importlib
import inspect
import math
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import models
import nudge
from models import PRETRAINED, VARIANTS, Dataset, Scramble, assemble, build_model, load_model
from models.epsilons import step_of
from models.intervals import wilson_interval
from models.zoo import find_dataset, find_variant
from nudge.attacks import (
    bim,
    fgsm,
    fgsm_direction,
    fgsm_gradient,
    l2_fast_gradient,
    l2_gradient,
    loss_gradient,
    pgd,
    random_direction,
    targeted_direction,
)
from nudge.attacks import nudge as nudged
from nudge.attacks.network_checks import check_network
from nudge.batch_size import as_batch_size, suitable_batch_size
from nudge.data import Split, digest, to_pixels
from nudge.data.generated_hands import publish
from nudge.data.holdout import hold_out, near_copies
from nudge.data.movement import move_objects
from nudge.data.row_order import order, restore
from nudge.distributed import Workers
from nudge.evaluation.class_similarity import arrangement, near, near_flips
from nudge.evaluation.first_layer import (
    first_dense,
    first_filters,
    in_order,
    largest,
    neighbour_correlation,
)
from nudge.evaluation.fused_inference import for_inference, logits_along
from nudge.evaluation.generated_hands import (
    at_percentages,
    hands_flip_steps,
    measure_hands,
    nearest_distances,
)
from nudge.evaluation.hidden_layer import last_hidden
from nudge.evaluation.journey import hidden_layers
from nudge.evaluation.measurement import Measurement, measure
from nudge.evaluation.methods import Method, method_counter
from nudge.evaluation.per_class import class_curves, ends, flips_by_step
from nudge.evaluation.predictions import (
    batch_counter,
    predictions_along,
    prepared,
    stream_batches,
)
from nudge.evaluation.robustness import (
    IteratedAttack,
    attacked_pictures,
    count_moved,
    count_robust,
    curve_of,
    flip_counter,
    pgd_confusion,
    pgd_ssim,
    robust_curve,
    stream_flips,
)
from nudge.evaluation.ssim import structural_similarity
from nudge.evaluation.sweep import accuracy_curve, flip_steps_of
from nudge.evaluation.transferability import (
    Transfer,
    averages,
    nearest,
    networks,
    stream_transfer,
    transfer_counter,
)
from nudge.files import write_npz
from nudge.findings.assignment_claims import Figures
from nudge.findings.class_answers import first_wrong, stands_longest
from nudge.neighbourhood.picture_attack import Subject, attack_picture
from nudge.neighbourhood.plane import Plane, axis, on_plane, plane, plane_counter
from nudge.neighbourhood.probability_path import probability_paths
from nudge.pictures.data_uri import png
from nudge.serving.device_choice import placed
from nudge.serving.live_curves import CurveSnapshot, LiveCurves
from nudge.serving.plane_job import plane_job
from nudge.serving.reproduction_check import agreement
from nudge.serving.transfer_job import transfer_job
from nudge.training.augmentation import add_noise
from nudge.training.flow_matching import FlowRecipe, FlowTraining
from nudge.training.optimisation import adamw, update_ema
from nudge.training.publishing import amend, half_precision, serialise
from nudge.training.publishing import publish as publish_weights
from nudge.training.recipes import RECIPES
from nudge.training.trainer import Training
from tests.nudge.wrong import (
    CONFUSIONS,
    DESCENDING,
    DIRECTIONS,
    FLIPPED,
    FLOATS,
    GRID,
    LABELS,
    MODEL,
    NARROW,
    NO_ARRAY,
    NO_COUNT,
    NO_DATASET,
    NO_DIRECTIONS,
    NO_EPSILON,
    NO_EPSILONS,
    NO_FLIP_STEPS,
    NO_FLOATS,
    NO_LABELS,
    NO_MODEL,
    NO_MODULE,
    NO_NUMBER,
    NO_PICTURES,
    NO_SIZE,
    NO_SPLIT,
    NO_STEP,
    NO_STORED,
    NO_TENSOR,
    NO_VARIANT,
    NO_WEIGHTS,
    OTHER_KINDS,
    SIGN,
    SPLIT,
    STORED,
    STRANGE_LABELS,
    STRANGE_SPLITS,
    WEIGHTS,
    huge,
    network,
    on_meta,
)

FORM = r"ValueError: expected .+[,;] got .+"


@dataclass
class Call:
    """How a function is called rightly, and by argument what is wrong there."""

    call: Callable[..., Any]
    right: Mapping[str, Any]
    wrong: Mapping[str, list[Any]]


def counted(counter: Callable[..., Callable[[slice], Any]]) -> Callable[..., Any]:
    """Some errors are raised at once, others with their batch."""
    return lambda **arguments: counter(**arguments)(slice(2))


def _but(arguments: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in names}


ATTACK = {"model": MODEL, "images": FLOATS, "labels": LABELS}
NO_ATTACK = {
    "model": NO_MODEL,
    "images": NO_FLOATS + OTHER_KINDS,
    "labels": NO_LABELS + STRANGE_LABELS,
}
NO_RADIUS: list[object] = [  # of two pictures
    torch.full((3,), 0.1),
    torch.full((2, 1), 0.1),
    torch.tensor([0.1, 30]),
    torch.tensor([math.nan, 0.1]),
]
ITERATED = ATTACK | {"epsilon": 0.1, "steps": 2, "step_size": 0.5}
NO_ITERATED = NO_ATTACK | {
    "epsilon": NO_RADIUS + [v for v in NO_EPSILON if not isinstance(v, torch.Tensor)],
    "steps": NO_SIZE,
    "step_size": [*NO_NUMBER[1:], -0.1, math.nan, math.inf],  # None is the usual one
}
SWEEP = ATTACK | {"epsilons": GRID, "directions": DIRECTIONS, "batch_size": 2}
NO_SWEEP = (
    NO_ATTACK
    | {
        "images": NO_PICTURES,
        "epsilons": NO_EPSILONS,
        "directions": NO_DIRECTIONS[1:],  # None is FGSM
        "batch_size": NO_SIZE[1:],  # None is what suits the device
    }
)
PLANE: dict[str, Any] = {
    "model": MODEL,
    "image": FLOATS[:1],
    "along": DIRECTIONS[:1],
    "across": DIRECTIONS[1:2],
}
NO_PLANE: dict[str, list[Any]] = {
    "model": NO_MODEL,
    "image": NO_FLOATS + [kind[:1] for kind in OTHER_KINDS] + [FLOATS],
    "along": [None, 29 * DIRECTIONS[:1], DIRECTIONS, DIRECTIONS[:1, :, :9]],
    "across": [None, 29 * DIRECTIONS[:1], DIRECTIONS, DIRECTIONS[:1, :, :9]],
}
MOVES = ("shift", "rotation", "scale", "flip")
ROBUST = ATTACK | {"epsilons": GRID, "attack": IteratedAttack(2), "batch_size": 2}
NO_ROBUST = NO_ATTACK | {
    "images": NO_PICTURES,
    "epsilons": NO_EPSILONS + DESCENDING,
    "attack": [None, 20, "pgd"],
    "batch_size": NO_SIZE[1:],  # None is what suits the device
}
_PGD = {name: ROBUST[name] for name in ("model", "images", "labels")}
_NO_PGD = {name: NO_ROBUST[name] for name in _PGD}
ALONG = {"network": MODEL, "pictures": FLOATS, "direction": DIRECTIONS, "epsilons": GRID}
NO_ALONG = {
    "network": NO_MODEL,
    "pictures": NO_FLOATS,
    "direction": NO_DIRECTIONS,
    "epsilons": NO_EPSILONS,
}
# The control is the one argument of `directions` of a single picture.
PATH = {"model": MODEL, "image": FLOATS[:1], "directions": [DIRECTIONS[:1]], "epsilons": GRID}
(ALONG_GRID,) = probability_paths(MODEL, FLOATS[:1], [DIRECTIONS[:1]], GRID)
CARD = VARIANTS["fashion-cnn"].card
COUNTS = Transfer(GRID, np.zeros((2, 3, 2), np.int64), 5)
MEASURED = Measurement(
    LABELS,
    GRID,
    fgsm=torch.tensor([[1, 2], [3, 9]]),
    random=torch.tensor([[1, 2], [3, 4]]),
    ssim=torch.ones(2),
)
ARRAYS = (STORED.numpy(), LABELS.numpy())
NO_ARRAYS = [
    (STORED.numpy(), LABELS.numpy()[:1]),
    (FLOATS.numpy(), LABELS.numpy()),
    (STORED.numpy(), LABELS.float().numpy()),
]
NO_ARRAYS_TO_WRITE = [{"a": wrong} for wrong in (None, LABELS, np.array([None]))]
SEVENTY_THOUSAND = (np.zeros((70_000, 1, 1), np.uint8), np.zeros(70_000, np.int64))
TRANSFERRED: dict[str, Any] = {
    "models": [MODEL],
    "images": STORED,
    "labels": LABELS,
    "epsilons": GRID,
    "control": DIRECTIONS,
    "batch_size": 2,
}
NOT_TRANSFERRED: dict[str, list[Any]] = {
    "models": [None, MODEL, [], *([MODEL, wrong] for wrong in NO_MODEL)],
    "images": NO_PICTURES,
    "labels": NO_LABELS + STRANGE_LABELS,
    "epsilons": NO_EPSILONS,
    "control": NO_DIRECTIONS[1:],  # None is none
    "batch_size": NO_SIZE[1:],  # None is what suits the device
}
LIVE = {"model": MODEL, "split": SPLIT, "epsilons": GRID, "directions": DIRECTIONS}


def live() -> LiveCurves:
    return LiveCurves(MODEL, SPLIT, GRID, DIRECTIONS)


def snapshot() -> CurveSnapshot:
    looked = live().snapshot(2)
    return replace(looked, flip_steps=bytes(2))


TABLE: dict[str, Call] = {
    "models.epsilons.step_of": Call(
        step_of, {"epsilons": GRID, "epsilon": 0.1}, {"epsilon": NO_STEP}
    ),
    "models.intervals.wilson_interval": Call(
        wilson_interval,
        {"correct": 1, "total": 2},
        {"correct": [-1, 3, math.nan], "total": [0, -2, math.inf]},
    ),
    "models.zoo.find_variant": Call(find_variant, {"variant": "sign-cnn"}, {"variant": NO_VARIANT}),
    "models.zoo.find_dataset": Call(find_dataset, {"name": "sign"}, {"name": NO_DATASET}),
    "models.zoo.load_model": Call(
        load_model,
        {"variant": "fashion-fcnn", "device": "cpu"},
        {"variant": NO_VARIANT, "device": ["nonsense", "gpu:0", 1.5, None]},
    ),
    "models.zoo.build_model": Call(
        build_model,
        {"variant": "sign-cnn"},
        {
            "variant": NO_VARIANT,
            "mean": [math.nan, math.inf],
            "std": [0, -1, math.nan, math.inf],
            "input_dropout": [-0.1, 1.5, math.nan],
            "dropout": [-0.1, 1.5, math.nan],
        },
    ),
    "models.zoo.assemble": Call(
        assemble,
        {"variant": "sign-fcnn", "tensors": build_model("sign-fcnn").state_dict()},
        {"variant": NO_VARIANT, "tensors": [None, [WEIGHTS], WEIGHTS]},
    ),
    "models.layers.Scramble": Call(
        Scramble,
        {"permutation": torch.arange(784).flip(0)},
        {"permutation": [[1, 0], torch.zeros(784).long(), torch.arange(784.0), torch.ones(2, 2)]},
    ),
    "models.layers.Scramble.undo": Call(
        Scramble().undo, {"pictures": FLOATS}, {"pictures": [*NO_TENSOR, FLOATS[..., :27]]}
    ),
    "nudge.serving.reproduction_check.agreement": Call(
        agreement,
        {"snapshot": snapshot(), "card": CARD, "recorded": FLIPPED},
        {"recorded": [None, FLIPPED[:1], FLIPPED[:, None]]},
    ),
    "nudge.attacks.fast_gradient.fgsm": Call(
        fgsm, ATTACK | {"epsilon": 0.1}, NO_ATTACK | {"epsilon": NO_EPSILON}
    ),
    "nudge.attacks.fast_gradient.fgsm_direction": Call(fgsm_direction, ATTACK, NO_ATTACK),
    "nudge.attacks.fast_gradient.fgsm_gradient": Call(fgsm_gradient, ATTACK, NO_ATTACK),
    "nudge.attacks.fast_gradient.loss_gradient": Call(loss_gradient, ATTACK, NO_ATTACK),
    "nudge.attacks.iterated.bim": Call(bim, ITERATED, NO_ITERATED),
    "nudge.attacks.iterated.pgd": Call(
        pgd,
        ITERATED | {"restarts": 2, "seed": 0},
        NO_ITERATED | {"restarts": NO_SIZE, "seed": NO_COUNT},
    ),
    "nudge.attacks.iterated.l2_fast_gradient": Call(
        l2_fast_gradient,
        ATTACK | {"epsilon": 1.0},
        NO_ATTACK | {"epsilon": [*NO_RADIUS, None, "0.1", 1j, -0.01, 28.1, math.nan]},
    ),
    "nudge.attacks.iterated.l2_gradient": Call(
        l2_gradient,
        {k: v for k, v in ATTACK.items() if k != "epsilon"},
        {k: v for k, v in NO_ATTACK.items() if k != "epsilon"},
    ),
    "nudge.evaluation.methods.method_counter": Call(
        counted(method_counter),
        _but(SWEEP, "directions", "batch_size") | {"method": Method.FGSM},
        _but(NO_SWEEP, "directions", "batch_size") | {"method": [None, "sgd", Method.RANDOM]},
    ),
    "nudge.batch_size.as_batch_size": Call(
        as_batch_size,
        {"asked": None, "models": [MODEL]},
        {"asked": NO_SIZE[1:], "models": [[wrong] for wrong in NO_MODULE]},
    ),
    "nudge.batch_size.suitable_batch_size": Call(
        suitable_batch_size, {"model": MODEL}, {"model": NO_MODULE}
    ),
    "nudge.evaluation.predictions.batch_counter": Call(
        counted(batch_counter), _but(SWEEP, "batch_size"), _but(NO_SWEEP, "batch_size")
    ),
    "nudge.evaluation.robustness.flip_counter": Call(
        counted(flip_counter), _but(ROBUST, "batch_size"), _but(NO_ROBUST, "batch_size")
    ),
    "nudge.attacks.fast_gradient.targeted_direction": Call(
        targeted_direction,
        {"model": MODEL, "images": FLOATS, "targets": LABELS},
        {
            "model": NO_MODEL,
            "images": NO_FLOATS + OTHER_KINDS,
            "targets": NO_LABELS + STRANGE_LABELS,
        },
    ),
    "nudge.attacks.fast_gradient.nudge": Call(
        nudged,
        {"images": FLOATS, "direction": DIRECTIONS, "epsilon": 0.1},
        {"images": NO_FLOATS, "direction": NO_DIRECTIONS, "epsilon": NO_EPSILON},
    ),
    "nudge.attacks.fast_gradient.random_direction": Call(
        random_direction,
        {"count": 2, "seed": 0},
        {"count": NO_COUNT, "seed": [None, "1", 1.5, 2**64]},
    ),
    "nudge.training.augmentation.add_noise": Call(
        add_noise,
        {"pictures": FLOATS, "largest": 0.1},
        {  # the range of a training's own pictures is taken on trust
            "pictures": [*NO_TENSOR, FLOATS[:, 0], STORED[:, None], on_meta(FLOATS)],
            "largest": [*NO_NUMBER, -0.1, math.nan, math.inf],
        },
    ),
    "nudge.findings.assignment_claims.Figures.accuracy": Call(
        Figures().accuracy, {"variant": "sign-cnn", "epsilon": 0.1}, {"epsilon": NO_STEP}
    ),
    "nudge.findings.assignment_claims.Figures.ssim": Call(
        Figures().ssim, {"variant": "sign-cnn", "epsilon": 0.1}, {"epsilon": NO_STEP}
    ),
    "nudge.evaluation.per_class.class_curves": Call(
        class_curves, {"confusions": CONFUSIONS}, {"confusions": NO_ARRAY}
    ),
    "nudge.evaluation.per_class.flips_by_step": Call(
        flips_by_step,
        {"flip_steps": FLIPPED, "steps": 3},
        {"flip_steps": NO_FLIP_STEPS, "steps": [*NO_SIZE, 1]},
    ),
    "nudge.evaluation.per_class.ends": Call(
        ends,
        {"flip_steps": FLIPPED, "count": 1},
        {"flip_steps": NO_FLIP_STEPS, "count": NO_COUNT},
    ),
    "nudge.data.splits.to_pixels": Call(
        to_pixels,
        {"images": STORED},
        {"images": [wrong for wrong in NO_STORED if wrong is not NARROW]},  # of any size
    ),
    "nudge.data.array_cache.digest": Call(
        digest,
        {"images": STORED, "labels": LABELS},
        {"images": [None, FLOATS, "pictures"], "labels": [None, LABELS.float()]},
    ),
    "nudge.training.flow_matching.FlowTraining": Call(
        FlowTraining,
        {"split": SIGN, "recipe": FlowRecipe(widths=(8, 8, 8)), "seed": 0},
        {"split": [*NO_SPLIT, Split(STORED[:0], LABELS[:0])]},
    ),
    "nudge.training.flow_matching.FlowTraining.draw": Call(
        FlowTraining(SPLIT, FlowRecipe(widths=(8, 8, 8), draw_steps=1), seed=0).draw,
        {"labels": torch.tensor([0]), "seed": 0},
        {"labels": [None, [0], torch.tensor([[0]]), torch.tensor([0.0]), *STRANGE_LABELS]},
    ),
    "nudge.evaluation.generated_hands.measure_hands": Call(
        measure_hands,
        {"hands": SIGN, "train": SIGN, "test": SIGN, "facts": {}},
        dict.fromkeys(("hands", "train", "test"), NO_SPLIT + STRANGE_SPLITS),
    ),
    "nudge.data.generated_hands.publish": Call(
        publish,
        {"folder": Path("/dev/null"), "hands": SIGN, "card": CARD, "flip_steps": {}},
        {"hands": NO_SPLIT + STRANGE_SPLITS},
    ),
    "nudge.evaluation.generated_hands.hands_flip_steps": Call(
        hands_flip_steps,
        {"variant": VARIANTS["sign-fcnn"], "hands": SIGN},
        {"hands": NO_SPLIT + STRANGE_SPLITS},
    ),
    "nudge.attacks.network_checks.check_network": Call(
        check_network,
        ATTACK | {"classes": 10},
        NO_ATTACK | {"classes": NO_COUNT},
    ),
    "nudge.evaluation.generated_hands.nearest_distances": Call(
        nearest_distances,
        {"images": STORED, "others": STORED},
        {"images": NO_STORED, "others": [*NO_STORED, STORED[:0]]},
    ),
    "nudge.evaluation.generated_hands.at_percentages": Call(
        at_percentages,
        {"distances": torch.ones(3)},
        {"distances": [None, torch.ones(0), np.ones(3)]},
    ),
    "nudge.evaluation.fused_inference.for_inference": Call(
        for_inference, {"model": MODEL}, {"model": NO_MODULE}
    ),
    "nudge.evaluation.fused_inference.logits_along": Call(
        logits_along, ALONG, NO_ALONG | {"epsilons": NO_EPSILONS + DESCENDING}
    ),
    "nudge.evaluation.class_similarity.near_flips": Call(
        near_flips,
        {"flips": CONFUSIONS[1], "dataset": Dataset.FASHION},
        {"flips": NO_ARRAY, "dataset": NO_DATASET},
    ),
    "nudge.serving.device_choice.placed": Call(
        placed, {"model": MODEL, "device": torch.device("cpu")}, {"model": NO_MODULE}
    ),
    "nudge.serving.transfer_job.transfer_job": Call(
        transfer_job,
        {"models": [MODEL], "split": SPLIT, "epsilons": GRID, "control": DIRECTIONS},
        {
            "models": NOT_TRANSFERRED["models"],
            "split": NO_SPLIT,
            "epsilons": NO_EPSILONS,
            "control": NO_DIRECTIONS,
        },
    ),
    "nudge.serving.live_curves.LiveCurves": Call(
        LiveCurves,
        LIVE,
        {
            "model": NO_MODEL,
            "split": NO_SPLIT,
            "epsilons": NO_EPSILONS,
            "directions": NO_DIRECTIONS[1:],
        },
    ),
    "nudge.serving.live_curves.LiveCurves.poll": Call(
        live().poll, {"count": 0}, {"count": NO_COUNT}
    ),
    "nudge.serving.live_curves.LiveCurves.snapshot": Call(
        live().snapshot, {"count": 0}, {"count": NO_COUNT}
    ),
    "nudge.evaluation.measurement.measure": Call(
        measure,
        {"model": MODEL, "test": SPLIT, "epsilons": GRID},
        {
            "model": NO_MODEL,
            "test": [*NO_SPLIT, *STRANGE_SPLITS],
            "epsilons": [*NO_EPSILONS, (), (0.1, 0.2)],
        },
    ),
    "nudge.evaluation.measurement.Measurement.for_card": Call(
        MEASURED.for_card, {"classes": 10}, {"classes": [*NO_SIZE, 9]}
    ),
    "nudge.evaluation.measurement.Measurement.arrays": Call(
        MEASURED.arrays, {"classes": 10}, {"classes": [*NO_SIZE, 9]}
    ),
    "nudge.evaluation.measurement.Measurement.confusions": Call(
        MEASURED.confusions, {"classes": 10}, {"classes": [*NO_SIZE, 9]}
    ),
    "nudge.training.optimisation.adamw": Call(
        adamw,
        {"network": MODEL, "recipe": RECIPES[Dataset.SIGN, models.Architecture.CNN]},
        {"network": NO_MODULE},
    ),
    "nudge.training.optimisation.update_ema": Call(
        update_ema,
        {"average": network(), "live": network(), "decay": 0.9, "step": 0},
        {"average": NO_MODULE, "live": NO_MODULE},
    ),
    "nudge.neighbourhood.picture_attack.attack_picture": Call(
        attack_picture,
        {
            "model": MODEL,
            "classifier": MODEL,
            "subject": Subject(FLOATS[:1], 0, DIRECTIONS[:1]),
            "target": None,
        },
        {"model": NO_MODEL, "classifier": NO_MODEL},
    ),
    "nudge.neighbourhood.probability_path.ProbabilityPath.losses": Call(
        ALONG_GRID.losses, {"label": 0}, {"label": [*NO_COUNT, 10]}
    ),
    "nudge.neighbourhood.probability_path.probability_paths": Call(
        probability_paths,
        PATH,
        {
            "model": NO_MODEL,
            "image": NO_FLOATS + [kind[:1] for kind in OTHER_KINDS] + [FLOATS],
            "directions": [None, DIRECTIONS[:1], [], *([wrong] for wrong in NO_DIRECTIONS[:3])]
            + [[wrong] for wrong in (random_direction(len(GRID) + 1), 29 * DIRECTIONS[:1])],
            "epsilons": [*NO_EPSILONS, *DESCENDING, ()],
        },
    ),
    "nudge.evaluation.hidden_layer.last_hidden": Call(
        last_hidden,
        {"model": MODEL, "images": FLOATS},
        {"model": NO_MODEL[:3], "images": NO_FLOATS},
    ),
    "nudge.evaluation.journey.hidden_layers": Call(
        hidden_layers,
        {"model": MODEL, "split": SPLIT, "epsilons": GRID},
        {"model": NO_MODEL[:3], "split": NO_SPLIT, "epsilons": NO_EPSILONS},
    ),
    "nudge.neighbourhood.plane.plane_counter": Call(counted(plane_counter), PLANE, NO_PLANE),
    "nudge.neighbourhood.plane.plane": Call(plane, PLANE | {"points": 16}, NO_PLANE),
    "nudge.neighbourhood.plane.on_plane": Call(
        on_plane,
        {
            "perturbations": torch.zeros(2, 784),
            "along": DIRECTIONS[:1],
            "across": DIRECTIONS[1:2],
        },
        {
            "perturbations": [None, torch.zeros(783), torch.zeros(784, dtype=torch.int64)],
            "along": NO_PLANE["along"],
            "across": NO_PLANE["across"],
        },
    ),
    "nudge.neighbourhood.plane.Plane.losses": Call(
        Plane(axis(2), torch.zeros(2, 2, 10)).losses, {"label": 0}, {"label": [*NO_COUNT, 10]}
    ),
    "nudge.serving.plane_job.plane_job": Call(
        plane_job,
        {name: value for name, value in PLANE.items() if name != "model"} | {"classifier": MODEL},
        {name: wrong for name, wrong in NO_PLANE.items() if name != "model"}
        | {"classifier": NO_MODULE, "image": [*NO_FLOATS, FLOATS]},
    ),
    "nudge.findings.class_answers.first_wrong": Call(
        first_wrong,
        {"path": ALONG_GRID, "label": 0, "never": 9},
        {"label": [*NO_COUNT, 10]},
    ),
    "nudge.findings.class_answers.stands_longest": Call(
        stands_longest, {"paths": [ALONG_GRID], "label": 0}, {"label": [*NO_COUNT, 10]}
    ),
    "nudge.evaluation.predictions.stream_batches": Call(stream_batches, SWEEP, NO_SWEEP),
    "nudge.evaluation.predictions.prepared": Call(
        prepared,
        {"model": MODEL, "images": FLOATS},
        {  # values are for the attack to look at
            "model": NO_MODULE,
            "images": [*NO_TENSOR, FLOATS[:, 0], STORED[:, None], on_meta(FLOATS)],
        },
    ),
    "nudge.evaluation.predictions.predictions_along": Call(
        predictions_along,
        ALONG | {"labels": LABELS},
        NO_ALONG
        | {
            "labels": NO_LABELS + STRANGE_LABELS,
            "pictures": NO_FLOATS + OTHER_KINDS,
            "clean": ["logits", np.zeros((2, 10)), torch.zeros(2), torch.zeros(3, 10), LABELS],
        },
    ),
    "nudge.pictures.data_uri.png": Call(
        png,
        {"picture": STORED[0].numpy()},
        {"picture": [None, STORED[0], FLOATS[0, 0].numpy(), *NO_ARRAY[1:]]},
    ),
    "nudge.data.row_order.order": Call(
        order, {"splits": [ARRAYS, ARRAYS]}, {"splits": [[broken] for broken in NO_ARRAYS]}
    ),
    "nudge.data.row_order.restore": Call(
        lambda arrays: restore(arrays, PRETRAINED / "fashion-order.npz", "test"),
        {"arrays": SEVENTY_THOUSAND},
        {"arrays": [(images.astype(float), labels) for images, labels in [SEVENTY_THOUSAND]]},
    ),
    "nudge.distributed.Workers.shard": Call(
        Workers(rank=1, count=2).shard, {"batch": LABELS}, {"batch": [*NO_TENSOR, LABELS[:1]]}
    ),
    "nudge.distributed.Workers.sum": Call(Workers().sum, {"values": LABELS}, {"values": NO_TENSOR}),
    "nudge.distributed.Workers.broadcast": Call(
        Workers().broadcast, {"tensors": [LABELS]}, {"tensors": [[wrong] for wrong in NO_TENSOR]}
    ),
    "nudge.training.publishing.serialise": Call(
        serialise, {"weights": {"w": WEIGHTS}}, {"weights": [{"w": wrong} for wrong in NO_TENSOR]}
    ),
    "nudge.training.publishing.publish": Call(
        publish_weights,
        {
            "folder": Path("/dev/null"),
            "variant": VARIANTS["sign-cnn"],
            "content": b"",
            "card": CARD,
            "arrays": {"a.npz": FLIPPED},
        },
        {"arrays": NO_ARRAYS_TO_WRITE},
    ),
    "nudge.training.publishing.amend": Call(
        amend,
        {
            "folder": Path("/dev/null"),
            "variant": VARIANTS["sign-cnn"],
            "figures": {},
            "arrays": {"a.npz": FLIPPED},
            "sha256": "",
        },
        {"arrays": NO_ARRAYS_TO_WRITE},
    ),
    "nudge.files.write_npz": Call(
        write_npz,
        {"path": Path("/dev/null"), "arrays": {"a": FLIPPED}},
        {"arrays": NO_ARRAYS_TO_WRITE},
    ),
    "nudge.training.publishing.half_precision": Call(
        half_precision,
        {"model": MODEL},
        {"model": [*NO_MODULE, huge()]},
    ),
    "nudge.data.movement.move_objects": Call(
        move_objects,
        {"pictures": FLOATS, "shift": 2.0, "rotation": 5.0, "scale": 0.1, "flip": 0.5},
        {
            "pictures": [*NO_TENSOR, FLOATS[:, 0], STORED[:, None], on_meta(FLOATS)],
            **{name: [*NO_NUMBER, -1, math.nan] for name in MOVES},
            "draws": [v for v in NO_SIZE if v is not None],
        },
    ),
    "nudge.evaluation.robustness.robust_curve": Call(robust_curve, ROBUST, NO_ROBUST),
    "nudge.evaluation.robustness.stream_flips": Call(stream_flips, ROBUST, NO_ROBUST),
    "nudge.evaluation.robustness.curve_of": Call(
        curve_of,
        {"flips": torch.zeros(3, dtype=torch.uint8), "epsilons": GRID},
        {"flips": [None, [1, 2], torch.zeros(3), torch.zeros((1, 3), dtype=torch.uint8)]},
    ),
    "nudge.evaluation.robustness.count_robust": Call(
        count_robust,
        {k: v for k, v in ROBUST.items() if k != "epsilons"} | {"epsilon": 0.1},
        {k: v for k, v in NO_ROBUST.items() if k != "epsilons"} | {"epsilon": NO_EPSILON},
    ),
    "nudge.evaluation.robustness.attacked_pictures": Call(
        attacked_pictures,
        _PGD | {"epsilon": 0.1, "first": 0},
        _NO_PGD | {"epsilon": NO_EPSILON, "first": NO_COUNT},
    ),
    "nudge.evaluation.robustness.pgd_confusion": Call(
        pgd_confusion,
        _PGD | {"classes": 10, "epsilon": 0.1},
        _NO_PGD | {"classes": [*NO_SIZE, 1], "epsilon": NO_EPSILON},
    ),
    "nudge.evaluation.robustness.pgd_ssim": Call(
        pgd_ssim, _PGD | {"epsilons": GRID}, _NO_PGD | {"epsilons": NO_EPSILONS}
    ),
    "nudge.evaluation.robustness.count_moved": Call(
        count_moved,
        _PGD,
        _NO_PGD,
    ),
    "nudge.evaluation.ssim.structural_similarity": Call(
        structural_similarity,
        {"pictures": FLOATS, "others": FLOATS},
        {name: [*NO_FLOATS, FLOATS[:1]] for name in ("pictures", "others")},
    ),
    "nudge.evaluation.sweep.accuracy_curve": Call(accuracy_curve, SWEEP, NO_SWEEP),
    "nudge.evaluation.sweep.flip_steps_of": Call(
        flip_steps_of,
        {"right": torch.ones(3, 2, dtype=torch.bool)},
        {"right": [None, np.ones((3, 2), bool), torch.ones(3, 2), torch.ones(256, 2) > 0]},
    ),
    "nudge.training.trainer.Training": Call(
        Training,
        {
            "variant": VARIANTS["fashion-fcnn"],
            "recipe": replace(RECIPES[Dataset.FASHION, models.Architecture.FCNN], batch_size=2),
            "train": SPLIT,
            "test": SPLIT,
        },
        {
            "variant": NO_VARIANT,
            "train": NO_SPLIT + STRANGE_SPLITS,
            "test": NO_SPLIT + STRANGE_SPLITS,
        },
    ),
    "nudge.evaluation.transferability.Transfer.at": Call(
        COUNTS.at, {"epsilon": 0.1}, {"epsilon": NO_STEP}
    ),
    "nudge.evaluation.transferability.nearest": Call(
        nearest,
        {"grid": GRID, "epsilon": 0.07},
        {"grid": [*NO_EPSILONS, ()], "epsilon": NO_EPSILON},
    ),
    "nudge.evaluation.transferability.averages": Call(
        averages,
        {"found": COUNTS, "epsilon": 0.1},
        {
            "found": [
                Transfer(GRID, np.zeros((2, 2, 2), np.int64), 5),
                Transfer(GRID, np.zeros((2, 3, 2), np.int64), 0),
            ],
            "epsilon": NO_STEP,
        },
    ),
    "nudge.evaluation.transferability.networks": Call(
        networks, {"dataset": "sign"}, {"dataset": NO_DATASET}
    ),
    "nudge.evaluation.transferability.transfer_counter": Call(
        counted(transfer_counter),
        _but(TRANSFERRED, "batch_size"),
        _but(NOT_TRANSFERRED, "batch_size"),
    ),
    "nudge.evaluation.transferability.stream_transfer": Call(
        stream_transfer,
        TRANSFERRED,
        NOT_TRANSFERRED,
    ),
    "nudge.data.holdout.hold_out": Call(
        hold_out,
        {"dataset": "sign", "train": SIGN},
        {"dataset": NO_DATASET, "train": NO_SPLIT},
    ),
    "nudge.data.holdout.near_copies": Call(
        near_copies,
        {"split": SIGN},
        {"split": NO_SPLIT},
    ),
    "nudge.evaluation.first_layer.first_dense": Call(
        first_dense, {"model": MODEL}, {"model": NO_MODULE}
    ),
    "nudge.evaluation.first_layer.in_order": Call(
        in_order, {"model": MODEL, "weights": WEIGHTS}, {"model": NO_MODULE, "weights": NO_WEIGHTS}
    ),
    "nudge.evaluation.first_layer.first_filters": Call(
        first_filters, {"model": MODEL}, {"model": NO_MODULE}
    ),
    "nudge.evaluation.first_layer.largest": Call(
        largest, {"weights": WEIGHTS, "count": 2}, {"weights": NO_WEIGHTS, "count": NO_COUNT}
    ),
    "nudge.evaluation.first_layer.neighbour_correlation": Call(
        neighbour_correlation,
        {"weights": torch.rand(2, 5, 5)},
        {"weights": [*NO_WEIGHTS, WEIGHTS[:0], WEIGHTS[:, :1]]},
    ),
    "nudge.evaluation.class_similarity.arrangement": Call(
        arrangement, {"dataset": "sign"}, {"dataset": NO_DATASET}
    ),
    "nudge.evaluation.class_similarity.near": Call(
        near, {"dataset": "sign"}, {"dataset": NO_DATASET}
    ),
}

# Public names that are given tensors or models and ask nothing of them, with the reason.
UNCHECKED = {
    "nudge.findings.defences.left_by_pgd": "takes flips as they were recorded and read",
    "models.imported.parameter_count": "takes what `from_onnx` made",
    "nudge.evaluation.journey.measure_journey": "asks `hidden_layers`, which checks",
    "nudge.evaluation.journey.fit_tsne": "takes layers that were computed before",
    "nudge.evaluation.journey.places_again": "takes layers that were computed before",
    "nudge.evaluation.journey.whole": "takes places that an embedding computed",
    "nudge.attacks.iterated.ascend": "the loop inside training; the attacks check for it",
    "nudge.attacks.iterated.Ball.begin": "a part of that loop",
    "nudge.attacks.iterated.Ball.climb": "a part of that loop",
    "nudge.evaluation.robustness.IteratedAttack.starts": "of pictures that were checked before",
    "nudge.pictures.ground.object_mask": "takes greys of a picture that was decoded before",
    "nudge.pictures.ground.border": "takes greys of a picture that was decoded before",
    "nudge.data.array_cache.read_arrays": "takes a stamp of files, which is only compared",
    "nudge.data.array_cache.write_arrays": "saves what was decoded and checked before",
    "nudge.data.readers.read_idx": "takes files, not pictures",
}
CHECKS = ("nudge.argument_checks", "nudge.attacks.model_outputs")  # the checks themselves


READ_AND_WRITE = {
    "nudge.files.write_npz",
    "nudge.training.publishing.publish",
    "nudge.training.publishing.amend",
    "nudge.evaluation.generated_hands.measure_hands",
    "nudge.data.generated_hands.publish",
}  # real files


def run(call: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    found = call(**arguments)
    if isinstance(found, Iterator):
        list(found)


def answer(call: Call, argument: str, wrong: object) -> str:
    """How a call ends."""
    try:
        run(call.call, {**call.right, argument: wrong})
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


@pytest.mark.parametrize("name", TABLE)
def test_a_wrong_argument_is_one_value_error(name: str) -> None:
    call = TABLE[name]
    for argument, wrongs in call.wrong.items():
        for i, wrong in enumerate(wrongs):
            said = answer(call, argument, wrong)
            assert re.match(FORM, said, re.DOTALL), f"{name}, {argument} number {i}: {said}"


@pytest.mark.parametrize("name", sorted(set(TABLE) - READ_AND_WRITE))
def test_what_the_table_calls_right_is_right(name: str) -> None:
    run(TABLE[name].call, TABLE[name].right)


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Functions, constructors and methods by their full names; no layer, record or enumeration."""
    for package in (models, nudge):
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if info.name in CHECKS:
                continue
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                ours = getattr(value, "__module__", None) == info.name and name[0] != "_"
                if ours and inspect.isfunction(value):
                    yield f"{info.name}.{name}", value
                elif ours and inspect.isclass(value) and not issubclass(value, nn.Module):
                    yield from _methods(f"{info.name}.{name}", value)


def _methods(name: str, owner: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    if "__init__" in vars(owner) and not hasattr(owner, "__dataclass_fields__"):
        yield name, owner.__init__  # type: ignore[misc]
    for method, value in vars(owner).items():
        if method[0] != "_" and inspect.isfunction(value):
            yield f"{name}.{method}", value


def takes_what_can_be_wrong(function: Callable[..., Any]) -> bool:
    """Whether a parameter is a picture, a label, an epsilon, a direction, an array or a model."""
    names = {"image", "images", "pictures", "label", "labels", "targets", "epsilon", "epsilons"}
    kinds = ("Tensor", "nn.modules.module.Module", "nudge.data.splits.Split", "numpy.ndarray")
    return any(
        (parameter.name in names and "PIL" not in str(parameter.annotation))
        or any(kind in str(parameter.annotation) for kind in kinds)
        for parameter in inspect.signature(function).parameters.values()
    )


def test_every_public_function_is_in_the_table() -> None:
    found = dict(public())
    wanted = {name for name, function in found.items() if takes_what_can_be_wrong(function)}
    assert len(wanted) > 40
    assert wanted - set(TABLE) - set(UNCHECKED) == set()
    assert set(UNCHECKED) <= set(found)
    layers = {"models.layers.Scramble", "models.layers.Scramble.undo"}
    assert set(TABLE) - layers <= set(found)
    for name in wanted & set(TABLE):  # none of these parameters is left out either
        told = set(TABLE[name].wrong)
        for parameter in inspect.signature(found[name]).parameters.values():
            said = str(parameter.annotation)
            tensor = any(k in said for k in ("Tensor", "module.Module")) and "Callable" not in said
            if tensor and parameter.name != "self":
                assert parameter.name in told, f"{name}({parameter.name})"

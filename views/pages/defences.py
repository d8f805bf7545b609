"""Defences: other trainings of a network, what they withstand, and why one step proves little."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
import torch

from models import STANDARD, VARIANTS, PixelOrder, Regime, Variant
from nudge.data.display_set import DisplaySet
from nudge.data.sources import SOURCES
from nudge.evaluation.methods import Method
from nudge.evaluation.robustness import DEFENDED_AT
from nudge.findings.defences import defence, left_by_pgd
from views import text
from views.charts import defences as chart
from views.charts import figure
from views.parts import data_notice, widgets
from views.parts.links import link
from views.parts.weight_tiles import captioned, in_colours
from views.session import resources
from views.session.error_notice import Attempts
from views.session.page import begin, readable
from views.session.state import Compare, View, current, write_address

SHOWN = 0.98  # of a gradient's pixels up to their size, the others as if they were no larger


def page() -> None:
    begin("defences")
    st.markdown(text.defences.LEAD)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        widgets.segments("dataset", "architecture", "pixels")
    view = current()
    write_address(view)
    attempt = Attempts()
    variants = readable(view.trainings, attempt)
    if not variants:
        return
    if len(view.trainings) == 1:
        st.info(text.defences.one_training(f"{view.variant.id}-{Regime.AUGMENTED}"))
    _withstood(view, variants, attempt)
    with attempt():
        pictures = resources.display_set(view.dataset)
        data_notice.offer(pictures)
        _losses(view, variants, pictures)
        _gradients(view, variants, pictures)
    _links(view, variants)


def _withstood(view: View, variants: Sequence[Variant], attempt: Attempts) -> None:
    st.subheader(text.defences.WITHSTOOD, anchor=False)
    rows = chart.withstood_rows(variants)
    for variant in (v for v in variants if v.regime is Regime.ROBUST):
        # A standard one that cannot be read has been told.
        if replace(variant, regime=Regime.STANDARD) in variants and (found := defence(variant)):
            st.markdown(text.defences.cost(found))
    of_these: dict[str, float] = {}
    with attempt():
        of_these |= _of_the_first(variants)
    figure.show(
        "withstood",
        chart.withstood_spec(
            tuple(text.common.REGIMES[variant.regime] for variant in variants),
            tuple(dict.fromkeys(str(row["measure"]) for row in rows)),
        ),
        {"withstood": rows},
        rows,
        text.defences.withstood_caption(
            total=variants[0].card.total,
            title=SOURCES[view.dataset].title,
            epsilon=DEFENDED_AT[view.dataset],
            unmeasured=[text.common.plain(v) for v in variants if v.card.pgd is None],
            on_fewer={
                w.attack: w.total
                for v in variants
                for w in v.card.withstood
                if w.total != v.card.total
            },
            of_these=of_these,
        ),
    )


def _of_the_first(variants: Sequence[Variant]) -> dict[str, float]:
    """By training, what twenty steps of PGD leave of the pictures that a dearer attack was put to.

    Of those trainings that an attack met only the first pictures of.
    """
    found = {}
    for variant in variants:
        for attack in variant.card.withstood:
            flips = resources.pgd_flip_steps(variant.id)
            if attack.total != variant.card.total and flips is not None:
                left = left_by_pgd(flips.numpy(), attack, variant.card)
                found[text.common.REGIMES[variant.regime]] = left / attack.total
    return found


def _losses(view: View, variants: Sequence[Variant], pictures: DisplaySet) -> None:
    """Of both standard networks, whatever is chosen, and of the chosen one's trainings."""
    st.subheader(text.defences.WHY, anchor=False)
    kind = (view.dataset, PixelOrder.ORDERED)
    both = [v for v in STANDARD.values() if (v.dataset, v.pixels) == kind]
    shown = list(dict.fromkeys([*both, *variants]))
    paths = {
        (text.defences.loss_name(variant), method): resources.attacked_test_picture(
            variant.id, view.image, method, None, pictures
        ).path
        for variant in shown
        for method in (Method.FGSM, Method.PGD)
    }
    rows = chart.loss_rows(paths, int(pictures.split.labels[view.image]))
    names = tuple(text.defences.loss_name(variant) for variant in shown)
    figure.show(
        "loss",
        chart.loss_spec(tuple(variant.id for variant in shown), names),
        {"loss": rows},
        rows,
        text.defences.loss_caption(subject=_subject(view, pictures), shown=shown),
    )


def _gradients(view: View, variants: Sequence[Variant], pictures: DisplaySet) -> None:
    st.subheader(text.defences.GRADIENTS, anchor=False)
    original = pictures.split.images[view.image].numpy()
    names = [text.common.REGIMES[variant.regime] for variant in variants]
    shown = [in_colours(_gradient(variant, view, pictures)) for variant in variants]
    heads = [text.defences.ORIGINAL, *names]
    st.html(captioned(zip(heads, [original, *shown], strict=True)))
    robust = any(variant.regime is Regime.ROBUST for variant in variants)
    st.caption(text.defences.gradient_caption(_subject(view, pictures), robust=robust))


def _gradient(variant: Variant, view: View, pictures: DisplaySet) -> torch.Tensor:
    """Where one pixel outweighs all others, the rest would be white: the largest are cut."""
    found = resources.picture_gradient(variant.id, view.image, pictures)[0, 0]
    most = float(found.abs().quantile(SHOWN))
    return found.clamp(-most, most) if most else found


def _subject(view: View, pictures: DisplaySet) -> str:
    label = view.variant.classes[int(pictures.split.labels[view.image])]
    picture = text.common.one_picture(generated=pictures.generated)
    return text.defences.subject(view.dataset, label, view.image, picture)


def _links(view: View, variants: Sequence[Variant]) -> None:
    several = len(variants) > 1
    epsilon = DEFENDED_AT[view.dataset]
    start = View(
        view.dataset,
        view.architecture,
        view.pixels,
        epsilon,
        view.image,
        compare=Compare.REGIMES if several else Compare.ONE,
        method=Method.PGD,
    )
    ids = tuple(name for name in VARIANTS if VARIANTS[name] in variants)
    link("explorer", text.defences.ON_ONE, start, icon=":material/grid_view:")
    link(
        "curves",
        text.defences.ON_CURVES,
        replace(start, compare=Compare.ONE, variants=ids),
        icon=":material/show_chart:",
    )
    if several and view.pixels is PixelOrder.ORDERED:
        link(
            "transfer",
            text.defences.ON_TRANSFER,
            replace(start, method=Method.FGSM),
            icon=":material/swap_horiz:",
        )


page()

"""Where it breaks: which classes fall first, what they are taken for, and which pictures flip."""

from dataclasses import replace

import streamlit as st
from torch import Tensor

from nudge.data.display_set import DisplaySet
from nudge.evaluation.class_similarity import near_flips
from nudge.evaluation.methods import Method
from nudge.evaluation.per_class import class_curves, ends, flips_by_step
from nudge.evaluation.sweep import EPSILONS
from nudge.pictures.data_uri import png
from views import text
from views.charts import classes as classes_chart
from views.charts import figure
from views.parts import data_notice, widgets
from views.parts.links import link
from views.session import resources
from views.session.error_notice import Attempts
from views.session.page import begin
from views.session.state import Compare, View, current, write_address

PICTURES = 8  # at each end


def page() -> None:
    begin("classes")
    widgets.variant()
    widgets.epsilon()
    view = current()
    write_address(view)
    left, right = st.columns(2, gap="medium")
    attempt = Attempts()
    for part, place in ((_falls, left), (_near, left), (_confusions, right), (_flips, right)):
        with place, attempt():
            part(view)
    with attempt():
        _ends(view)


def _falls(view: View) -> None:
    curves = class_curves(resources.confusions(view.variant.id))
    st.subheader(text.classes.BY_CLASS)
    variant = view.variant
    names = [text.common.class_name(view.dataset, name) for name in variant.classes]
    order, steps = curves.order().tolist(), curves.falls().tolist()
    falling = [(names[c], EPSILONS[steps[c]] if steps[c] < len(EPSILONS) else None) for c in order]
    st.markdown(text.classes.falling(falling))
    total = int(curves.totals.sum())
    figure.show(
        "classes",
        classes_chart.falls_spec(view.dataset),
        classes_chart.falls_rows(curves, variant.classes, view.epsilon),
        classes_chart.falls_table(curves, variant.classes),
        text.classes.falls_caption(text.common.plain(variant), total),
    )


def _confusions(view: View) -> None:
    counts = resources.confusions(view.variant.id).sum(axis=0)[EPSILONS.index(view.epsilon)]
    st.subheader(text.classes.CONFUSIONS)
    rows = classes_chart.confusion_rows(counts, view.dataset)
    st.markdown(text.classes.most_confused(classes_chart.worst(rows), view.epsilon, view.dataset))
    figure.show(
        "confusions",
        classes_chart.confusion_spec(view.dataset),
        {"cells": rows},
        classes_chart.confusion_table(counts, view.variant.classes),
        text.classes.confusions_caption(
            text.common.plain(view.variant), int(counts.sum()), view.epsilon, view.dataset
        ),
    )


def _near(view: View) -> None:
    flips = near_flips(resources.confusions(view.variant.id)[1], view.dataset)
    step = EPSILONS.index(view.epsilon)
    here = int(flips.near[step]), int(flips.flipped[step]), float(flips.chance[step])
    st.subheader(text.classes.NEAR)
    figure.show(
        "near-flips",
        classes_chart.near_spec(),
        classes_chart.near_rows(flips, view.epsilon),
        classes_chart.near_table(flips),
        text.classes.near_caption(*here, view.epsilon, view.dataset),
    )


def _flips(view: View) -> None:
    flip_steps = resources.flip_steps(view.variant.id).numpy()
    st.subheader(text.classes.FLIPS)
    counts = flips_by_step(flip_steps, len(EPSILONS)).tolist()
    figure.show(
        "flips",
        classes_chart.flips_spec(),
        classes_chart.flips_rows(counts, view.epsilon),
        classes_chart.flips_table(counts),
        text.classes.flips_caption(
            text.common.plain(view.variant), counts, EPSILONS.index(view.epsilon), view.epsilon
        ),
    )


def _ends(view: View) -> None:
    """Of the pictures that are here, those that flip first and last. Raises NudgeError."""
    among = resources.display_set(view.dataset)
    flip_steps = resources.flip_steps(view.variant.id, generated=among.generated)
    st.subheader(text.classes.ENDS)
    data_notice.offer(among)
    first, last = ends(flip_steps.numpy(), PICTURES)
    for end, title, indices in (
        ("first", text.classes.FIRST_TO_FLIP, first),
        ("last", text.classes.LAST_TO_FLIP, last),
    ):
        st.markdown(title)
        with st.container(horizontal=True, gap="small", key=f"linked-pictures-{end}"):
            _pictures(view, among, flip_steps, indices)


def _pictures(view: View, among: DisplaySet, flip_steps: Tensor, indices: list[int]) -> None:
    """Each opens the explorer at the epsilon at which it flips."""
    split = among.split
    for index in indices:
        step = int(flip_steps[index])
        flip = EPSILONS[step] if step < len(EPSILONS) else None
        name = view.variant.classes[int(split.labels[index])]
        name = text.common.class_name(view.dataset, name)
        epsilon = EPSILONS[-1] if flip is None else flip
        leads = replace(view, image=index, epsilon=epsilon, compare=Compare.ONE, method=Method.FGSM)
        alt = text.common.thumbnail(name, index, generated=among.generated)
        # Within the link's words, so that a click on it follows the link and no element is added.
        picture = f"![{alt}]({png(split.images[index].numpy())})"
        link("explorer", f"{picture} {text.classes.flip_link(name, flip)}", leads, width=132)


page()

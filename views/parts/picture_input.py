"""Which picture is nudged: one of those here, or somebody's own, prepared step by step."""

from dataclasses import asdict
from hashlib import sha256
from threading import Lock

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from models import Dataset, Regime, Variant
from nudge.data.display_set import DisplaySet
from nudge.evaluation.methods import Method
from nudge.neighbourhood.picture_attack import Attack, Subject
from nudge.neighbourhood.plane import PlanePoints
from nudge.pictures.decoding import PictureError, read_picture
from nudge.pictures.preprocessing import (
    Preparation,
    PreparationStep,
    is_busy,
    pixels,
    prepare,
    suggest,
)
from nudge.pictures.segmentation import Box
from nudge.serving.background_job import Job
from views import text
from views.parts import gallery, object_marking
from views.parts.weight_tiles import captioned
from views.session import resources, secure_context
from views.session.late_messages import change, is_chosen, settled
from views.session.state import Compare, View, current

# One at a time: the largest picture that is taken needs 0.75 GB for a moment.
_READING = Lock()

_CHOICES = ("crop", "fill", "contrast", "invert", "mirror")  # of `Preparation`, on or off

# Keys of the session's state: nobody else is ever shown somebody's own picture.
_OWN = "_own"  # how the one that is shown was prepared
_SUGGESTED = "_suggested"  # the steps that were suggested last, and for what
_DECODED = "_decoded"  # the last file: its id, its SHA-256 and its picture
_BOX = "_box"  # around the object, where one was drawn: the picture's SHA-256 and the box
_STEPS = "_steps"  # what was prepared last: of which picture, how, and every step
_ATTACKS = "_attacks"
_PLANES = "_planes"


def choose(view: View, among: DisplaySet) -> tuple[Subject, gallery.Walk | None]:
    """Let people choose a picture; returns the one to be nudged, and the way to others from it."""
    source, walk, camera = "test", None, secure_context.lends_camera()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if "own" not in view.hide:
            source = st.segmented_control(
                text.picture_input.SOURCE,
                [name for name in text.picture_input.SOURCES if camera or name != "camera"],
                format_func=lambda name: text.picture_input.source(name, generated=among.generated),
                default="test",
                key="source",
                required=True,
                on_change=_choose_training,
            )
        if source == "test":
            found = gallery.search(view, among)
    if "own" not in view.hide and not camera:
        st.caption(text.picture_input.NO_CAMERA)
    if source == "test":
        gallery.show(view, among, found)
        walk = gallery.walk(view, found)
        own = None
        _forget()
    else:
        if view.regime is Regime.AUGMENTED and view.compare is not Compare.REGIMES:
            several = view.compare is Compare.ALL
            said = text.picture_input.ALL_AUGMENTED if several else text.picture_input.AUGMENTED
            st.caption(f":material/info: {said}")
        own = _prepared(view, source)
    return own or resources.test_picture(among, view.image), walk


def _choose_training() -> None:
    """Somebody's own object lies as it likes: who was trained on such pictures is to read it.

    Whoever chose a training keeps it.
    """
    standard = settled("regime") is Regime.STANDARD
    compared = current().compare is Compare.REGIMES  # where all trainings read it
    if not (_is_test() or compared) and standard and Regime.AUGMENTED in current().regimes:
        change("regime", Regime.AUGMENTED)


def restore_training() -> None:
    """Before any widget is made: test pictures are read by whom it was before an own one."""
    if _is_test() and not is_chosen("regime"):
        change("regime", Regime.STANDARD)


def _is_test() -> bool:
    """Whether a test picture is shown, which is so after a visit to another page."""
    return bool(st.session_state.get("source", "test") == "test")


def preparation() -> Preparation | None:
    """How the own picture that was shown last was prepared; None if it was a test picture."""
    own: Preparation | None = st.session_state.get(_OWN)
    return own


def attack(variant: Variant, subject: Subject, method: Method, target: int | None) -> Attack:
    """Attack an own picture. Raises PretrainedError."""
    known: dict[object, Attack] = st.session_state.setdefault(_ATTACKS, {})
    digest = sha256(subject.pixels.numpy().tobytes()).hexdigest()
    key = (digest, variant.id, method, target)
    if key not in known:
        if len(known) > 50:  # about 12 kB each
            known.clear()
        known[key] = resources.attack(variant.id, subject, method, target)
    return known[key]


def plane_job(variant: Variant, subject: Subject, found: Attack, points: int) -> Job[PlanePoints]:
    """The plane through an own picture that was attacked, in the making. Raises PretrainedError."""
    known: dict[object, Job[PlanePoints]] = st.session_state.setdefault(_PLANES, {})
    spanned = (subject.pixels, found.along)
    digests = (sha256(values.numpy().tobytes()).hexdigest() for values in spanned)
    key = (*digests, variant.id, points)
    if key not in known:
        if len(known) >= 8:  # about 360 kB each
            known.clear()
        known[key] = resources.plane_of(variant.id, subject, found, points)
    return known[key]


def _prepared(view: View, source: str) -> Subject | None:
    """The picture that was given, if one was, brought to 28 x 28 grey."""
    if source == "upload":
        file = st.file_uploader(text.picture_input.UPLOAD)  # of any name: what it holds decides
    else:
        file = st.camera_input(text.picture_input.CAMERA, width=420)
    st.session_state[_OWN] = None
    if file is None:
        _forget()
        return None
    try:
        digest, image = _decoded(file)
    except PictureError as error:
        st.warning(
            text.picture_input.picture_error(error.what, error.expected, error.found, error.kind)
        )
        return None
    fashion = view.dataset is Dataset.FASHION
    box = _box(digest) if fashion else None
    suggested = _suggestion(image, digest, view.dataset, box)
    # Each suggestion has checkboxes of its own: what a browser still sends of others changes none.
    keys = {name: f"{name} {digest} {view.dataset} {box}" for name in suggested}
    if fashion:
        separate = st.session_state.get(keys["separate"], suggested["separate"])
        _mark(image, digest, box, asked=separate)
    with st.container(horizontal=True):
        chosen = {
            name: st.checkbox(text.picture_input.STEPS[name], value, key=keys[name])
            for name, value in suggested.items()
        }
    if not chosen.pop("separate", False):
        box = None
    if not fashion:
        st.caption(text.picture_input.HANDS)
    st.session_state[_OWN] = Preparation(**chosen, box=box)
    steps = _steps(image, digest, st.session_state[_OWN])
    # Every picture on the way, the last as the network gets it.
    shown = ((text.picture_input.STEPS[step.name], np.asarray(step.image)) for step in steps)
    st.html(captioned(shown))
    return resources.own_picture(pixels(steps))


def _mark(image: Image.Image, digest: str, box: Box | None, asked: bool) -> None:
    """Where the ground is busy, or it is asked for, the picture to draw a box on."""
    busy = is_busy(image)
    if busy:  # for good, lest the picture jump away under a finger
        st.warning(text.picture_input.BUSY, icon=":material/blur_on:")

    def marked(box: Box) -> None:
        st.session_state[_BOX] = digest, box

    if busy or asked:
        object_marking.show(image, digest, box, marked)


def _box(digest: str) -> Box | None:
    known: tuple[str, Box] | None = st.session_state.get(_BOX)
    return known[1] if known and known[0] == digest else None


def _steps(image: Image.Image, digest: str, preparation: Preparation) -> list[PreparationStep]:
    """Prepared once, however often the page runs: to separate an object takes a moment."""
    known = st.session_state.get(_STEPS)
    if known is None or known[:2] != (digest, preparation):
        known = digest, preparation, prepare(image, preparation)
        st.session_state[_STEPS] = known
    steps: list[PreparationStep] = known[2]
    return steps


def _decoded(file: UploadedFile) -> tuple[str, Image.Image]:
    """SHA-256 and picture of a file, which is decoded once. Raises PictureError."""
    known = st.session_state.get(_DECODED)
    if known is None or known[0] != file.file_id:
        _forget()
        content = file.getvalue()
        with st.spinner(text.picture_input.DECODING), _READING:
            known = file.file_id, sha256(content).hexdigest(), read_picture(content)
        st.session_state[_DECODED] = known
    return known[1], known[2]


def _forget() -> None:
    """Nothing is left of a picture that was taken away, not even in memory."""
    for key in (_OWN, _SUGGESTED, _DECODED, _BOX, _STEPS, _ATTACKS, _PLANES):
        st.session_state.pop(key, None)


def _suggestion(
    image: Image.Image, digest: str, dataset: Dataset, box: Box | None
) -> dict[str, bool]:
    """Which steps are likely to help, worked out when a picture or its box is new."""
    about = digest, dataset, box
    known = st.session_state.get(_SUGGESTED)
    if known is None or known[0] != about:
        found = asdict(suggest(image, dataset, box))
        separate = {"separate": box is not None} if dataset is Dataset.FASHION else {}
        known = about, separate | {name: found[name] for name in _CHOICES}
        st.session_state[_SUGGESTED] = known
    steps: dict[str, bool] = known[1]
    return steps

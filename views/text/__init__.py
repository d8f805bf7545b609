"""Every sentence that a user reads, ready for translation: one module per page, `common` for all.

Nothing here imports PyTorch, because the page's header stands before PyTorch is loaded. What
enumerations name is therefore looked up by their values, which are strings.
"""

from views.text import (
    assignment,
    classes,
    common,
    curves,
    data_notice,
    explorer,
    explorer_component,
    gallery,
    lesson,
    picture_input,
    scramble,
    share,
    tradeoff,
    transfer,
)

__all__ = [
    "assignment",
    "classes",
    "common",
    "curves",
    "data_notice",
    "explorer",
    "explorer_component",
    "gallery",
    "lesson",
    "picture_input",
    "scramble",
    "share",
    "tradeoff",
    "transfer",
]

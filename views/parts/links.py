"""Links to pages, which lead to the same view in whatever way they are followed."""

import streamlit as st
from streamlit.elements.lib.layout_utils import Width

from views.session.state import View


def link(
    page: str, label: str, view: View, *, icon: str | None = None, width: Width = "content"
) -> None:
    """A link to a view on a page of views/; a plain click changes the page without loading it."""
    target = _Start() if page == "explorer" else f"views/pages/{page}.py"
    st.page_link(target, label=label, icon=icon, query_params=view.to_query(), width=width)


class _Start(st.Page):
    """The explorer, which is the default page, with a path that a link can have.

    Streamlit takes a plain click by the page's hash, but leaves the rest to the link's own address,
    and of the default page that is empty: it would lead to the page on which the link stands. All
    pages lie in one folder, the default page is this folder, and "./" is it from each of them.
    """

    def __init__(self) -> None:
        super().__init__("views/pages/explorer.py", url_path="explorer", default=True)

    @property
    def url_path(self) -> str:
        return "./"

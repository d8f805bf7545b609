"""A file per page, and nothing else. Each runs from top to bottom when its page is opened.

`views.text.common.PAGES` names them, `app.py` makes the navigation of that. May import every other
room of views. Start reading at `curves`.
"""

"""What the class sees, drawn by Streamlit. Nothing is computed here that `nudge` could compute.

A room per purpose: `pages`, `stage` (the explorer's component), `charts`, `parts` (what pages
share), `session` (state, addresses, caches) and `text` (every sentence).
"""

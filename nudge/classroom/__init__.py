"""A class that answers together: rooms, their questions, and where answers are kept.

Imports nothing but the base: what a question's truth is, pages and findings know. `rooms` says what
a room is and what a store of rooms does, `sqlite_store` and `redis_store` do it, `opening` chooses
between them. Start reading at `rooms`.
"""

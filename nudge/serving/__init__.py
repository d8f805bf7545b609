"""What one server computes for many people at once, in the background and one thing at a time.

Imports data and evaluation, and knows nothing of pages. `scheduler` runs every step in one thread,
`background_job` and `live_curves` are what people poll, `fair_queue` is the line they stand in,
`process` sets up the server's process. Start reading at `scheduler`.
"""

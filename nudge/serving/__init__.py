"""What one server computes for many people at once, in the background, on the device there is.

Imports data and evaluation, and knows nothing of pages. `scheduler` counts batch by batch on all
cores or on a card, `device_choice` says on which, `background_job` and `live_curves` are what
people poll, `fair_queue` is the line they stand in, `process` sets up the server's process. Start
reading at `scheduler`.
"""

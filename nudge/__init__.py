"""What is computed, without a page: pictures are nudged, networks trained, measured and served.

A room per purpose: `attacks`, `data`, `pictures`, `training`, `evaluation`, `findings` and
`serving`. What stands here directly is the base that all of them may import: argument checks,
devices, files, processes. `nudge.sweep` is the public name of the evaluation's sweep.
"""

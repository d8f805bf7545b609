"""A class: the teacher's page for the projector, and everybody else's for a phone.

`questions` says what may be asked and what the networks answer, `asked` draws what both pages show
of a question. What is kept of a class is in `nudge.classroom`. Start reading at `teacher`.
"""

"""What the figures say: the assignment's claims, the lesson's answers, trade-off and history.

Imports data and evaluation and computes from recorded figures; nothing here runs a network. Start
reading at `assignment_claims`.
"""

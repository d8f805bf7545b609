"""A file per chart: a Vega-Lite specification that is built once, and the rows it is given.

`figure` draws a chart with its caption, table, CSV and PNG. Pages and parts import charts. Start
reading at `clean_accuracy`, a small one.
"""

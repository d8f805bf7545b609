"""The parts of the benchmarks and of the load test: contenders, visitors, a browser, records.

Imported by the commands in scripts/ and by tests. Start reading at `sweeping`.
"""

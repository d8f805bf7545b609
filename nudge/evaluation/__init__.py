"""What is counted: accuracy along epsilon and everything that is measured of a trained network.

Imports attacks and data; training, findings and serving build on it. `predictions` is where every
count comes from and `fused_inference` what makes it fast. Start reading at `sweep`.
"""

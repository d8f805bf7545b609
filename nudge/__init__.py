"""What is computed: data, attacks, sweeps, training. Knows nothing of the page."""

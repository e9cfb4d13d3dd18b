"""One script for each budget; each prints ratios measured in one run, interleaved, as medians."""

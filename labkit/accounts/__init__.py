"""Where a lab runs: in this process (the default), in a `labkit serve` process, or in a real AWS account (aws/)."""

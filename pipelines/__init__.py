"""What a user runs: command line, configuration, presets, generate, train, compare, timing, report."""

"""The property test with an independent oracle: what the destination must hold, in plain Python."""

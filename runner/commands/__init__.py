"""What each command of the runner does, one module a command."""

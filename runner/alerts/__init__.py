"""Alerts: one message a channel whenever a state of an activation begins or ends."""

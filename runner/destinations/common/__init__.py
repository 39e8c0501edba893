"""What platforms share: JSON as text, settings and their checks, limits of endpoints."""

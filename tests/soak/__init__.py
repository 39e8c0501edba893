"""The soak: dbt and the runner in processes that are really killed, held against the oracle."""

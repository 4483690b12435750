"""Measures the running service: `sozialraum bench`. What it proves and what it does not is in docs/performance.md.

Everything on one machine: the server, or the loop it is compared with, on the first core; PostgreSQL and the load on
the others. The two sides take turns, so that a noisy minute hits both."""

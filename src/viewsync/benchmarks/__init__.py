"""What `viewsync bench` measures: one module per suite, each with one function `run(seed, quick, data)`.

The written contract (what is measured, how, and why nothing leaks) is benchmarks/README.md.
"""

from viewsync.benchmarks.suites import run_suites as run_suites

"""What the service costs, beside the bounds its design sets: `python -m bench`, or one `python -m bench.NAME`.

Every benchmark prints one JSON line (`name`, `value`, `unit`, `bound`, `ok`, `detail`). Bounds are upper bounds.
Most deploy through the unmodified app to the local Azure; those of the local host alone give it a small app instead.
A benchmark never decides a test: wall and CPU seconds depend on the machine and on what else it does.
Cloud time is virtual: the local Azure takes as long as Azure was recorded to take, on a clock that jumps over waiting.
"""

"""What `import function_app` costs a new process, as when Azure starts one more instance."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from statistics import median
from typing import NamedTuple

from local.checkout import APP_SETTINGS, ROOT

RUNS = 5
# Where Linux tells it, the peak of the new program alone: there ru_maxrss begins with what the process that started it
# has, and would say how large the benchmark is. Elsewhere ru_maxrss, which macOS has in bytes.
_CHILD = """
import json, pathlib, resource, sys, time
before = time.process_time()
import function_app
spent = time.process_time() - before
told = pathlib.Path("/proc/self/status")
if told.exists():
    peak = next(int(line.split()[1]) for line in told.read_text().splitlines() if line.startswith("VmHWM:")) / 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
print(json.dumps([spent, peak, "azure.ai.ml" in sys.modules]))
"""


class Import(NamedTuple):
    """Medians of several processes."""

    cpu_seconds: float
    peak_mib: float
    """Of the whole process, interpreter included."""
    loads_azure_ai_ml: bool


def import_app() -> Import:
    """Import the app in several new processes, after one that has the bytecode written."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, **APP_SETTINGS, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        runs = [_import_once(environment) for _ in range(RUNS + 1)][1:]
    return Import(
        median(run.cpu_seconds for run in runs),
        median(run.peak_mib for run in runs),
        any(run.loads_azure_ai_ml for run in runs),
    )


def _import_once(environment: dict[str, str]) -> Import:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return Import(*json.loads(done.stdout.splitlines()[-1]))

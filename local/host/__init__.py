"""A local Azure Functions host with Durable Functions: development and tests only."""

from local.host.host import DataFolderInUse, LocalHost
from local.host.index import UnsupportedApp
from local.host.settings import HostJsonError, HostSettings
from local.host.writer import HostDied

__all__ = ["DataFolderInUse", "HostDied", "HostJsonError", "HostSettings", "LocalHost", "UnsupportedApp"]

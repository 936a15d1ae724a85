"""The resources beside the workspace: subscription and group, identities, storage accounts, the registry."""

from local.cloud.resources.existing import Existing
from local.cloud.resources.provider import Resources

__all__ = ["Existing", "Resources"]

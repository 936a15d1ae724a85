"""The local Azure's role-based access control: roles, assignments that take time to count, enforcement."""

from local.cloud.authorization.assignments import RoleAssignment
from local.cloud.authorization.engine import Authorization
from local.cloud.authorization.propagation import Propagation

__all__ = ["Authorization", "Propagation", "RoleAssignment"]

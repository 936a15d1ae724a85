"""Azure Resource Manager's front: who may call what, with which api-version, and how it says no."""

"""Checks of the Bicep and azd files, the hooks and the package, without Azure and without a network.

    .venv-infra/bin/python -m infra.check

Exits 1 and names every finding. Three things are looked at in turn: whether the files can be read at all (two parsers
of others, and checkov's rules), whether they hold to Azure's own tables and this project's rules (`rules.py`, standard
library only, so that tests can break each rule), and whether they are what was last compiled (`compiled.py`; where the
Bicep compiler is at hand it is asked as well).
"""

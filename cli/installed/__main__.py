"""`python -m slipway`."""

import sys

from slipway.command import main  # type: ignore[import-not-found]  # its name once it is installed

sys.exit(main())

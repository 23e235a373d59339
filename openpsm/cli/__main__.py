"""`python -m openpsm.cli` is the command `openpsm`."""

import sys

from openpsm.cli.main import main

sys.exit(main())

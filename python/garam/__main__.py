"""python3 -m garam: the subcommands of the tool that are written in Python."""

import sys

from ._command_line import main

sys.exit(main())

"""python3 -m garam: the subcommands of the tool that are written in Python."""

import signal
import sys

from . import _core
from ._command_line import main

# As of the tool: signals end it at once, also in the middle of a compile, and no file in the making stays.
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
_core.remove_files_on_signals()

sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The portal's page in Firefox: lib/pagetest.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib.firefox import Firefox
from lib.pagetest import main
from lib.tap import Tap

Tap().run(lambda tap: main(tap, Firefox))

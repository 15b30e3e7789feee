#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The portal's page in Chromium: lib/pagetest.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib.chromium import Chromium
from lib.pagetest import main
from lib.tap import Tap

Tap().run(lambda tap: main(tap, Chromium))

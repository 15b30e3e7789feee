# SPDX-License-Identifier: MIT
"""What the integration tests share."""

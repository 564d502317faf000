# SPDX-License-Identifier: Apache-2.0
"""What the demo proves, one module for each promise."""

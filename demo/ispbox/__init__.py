# SPDX-License-Identifier: Apache-2.0
"""An ISP in a box: namespaces, real mail servers, actors, and checks that look from outside."""

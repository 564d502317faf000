# SPDX-License-Identifier: Apache-2.0
"""Programs that run inside a namespace and behave like a customer, a zombie or a stranger."""

# SPDX-License-Identifier: Apache-2.0
"""Real servers the demo starts: Postfix, Dovecot, smtp-sink, HTTP, UDP echo, a RADIUS client."""

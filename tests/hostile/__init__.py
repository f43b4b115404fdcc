"""Hostile requests: what they are, how they are sent, and who watches the server meanwhile."""

import pytest

# Their assertions say what was found, as those of tests do.
pytest.register_assert_rewrite(
    "tests.hostile.broken_http",
    "tests.hostile.pages",
    "tests.hostile.reaching_out",
    "tests.hostile.server",
)

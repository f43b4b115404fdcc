"""What training needs beside the package, and how it is held to one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

from kg.errors import KGError

#: Modules of the extra ``train``; their native libraries are loaded before they are limited.
_MODULES: Final = ("scipy.sparse", "sklearn.isotonic", "sklearn.linear_model", "threadpoolctl")


def need_extra() -> None:
    """Import what the extra ``train`` installs.

    Raises:
        KGError: it is not installed.
    """
    for name in _MODULES:
        try:
            import_module(name)
        except ImportError as error:
            raise KGError(
                f"training: the extra 'train' is not installed ({error}); "
                "run: pip install 'paperkg[train]'"
            ) from error


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the numerical libraries to one thread: with several, sums round differently each
    time.

    Raises:
        KGError: the extra ``train`` is not installed.
    """
    need_extra()
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        yield

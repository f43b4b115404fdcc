"""What the parameters of saved queries name, so that forms can complete them.

It is told by a parameter's own name, as in ``?_benchmark``; any value may be given all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kg.queries import Parameter

_TERMS: Final = ("Model", "Method", "Benchmark", "Dataset", "Metric", "Task")
#: Types of what a parameter of this name names, as suggestions call them.
_TYPES: Final = {
    "arxiv": ("Paper",),
    "author": ("Author",),
    "benchmark": ("Benchmark", "Dataset"),
    "dataset": ("Dataset", "Benchmark"),
    "method": ("Method", "Model"),
    "metric": ("Metric",),
    "model": ("Model", "Method"),
    "name": _TERMS,
    "task": ("Task",),
    "term": _TERMS,
}


@dataclass(frozen=True, slots=True)
class Named:
    """Things that a parameter can name: their types, and whether by ``label`` or ``key``."""

    types: tuple[str, ...]
    value: str


def named_by(parameter: Parameter) -> Named | None:
    """Return what a parameter names; None where it is no name, or is chosen from a list.

    >>> named_by(Parameter("benchmark", "_benchmark"))
    Named(types=('Benchmark', 'Dataset'), value='label')
    >>> named_by(Parameter("below", "_below_decimal", type="decimal")) is None
    True
    """
    types = _TYPES.get(parameter.name)
    if types is None or parameter.type != "literal" or parameter.choices or parameter.from_graph:
        return None
    return Named(types, "key" if types == ("Paper",) else "label")

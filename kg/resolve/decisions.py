"""What people decided about names, in the form that resolution asks for.

A decision is about a form, not about a node, so it holds whatever the corpus does later.
All spellings that fold alike are one form (``kg.folding.fold``), unless someone says that
two of them are different things.

- ``not-a-term``: mentions of the form are no mentions of anything.
- ``type``: the term that the form names has this type; for one paper, the form's mentions
  there count as of this type.
- ``same``: the two forms are one thing wherever they stand, and what stands for the second
  stands for both; for one paper, the first form means there what the second means.
- ``different``: nothing joins the two forms; for one paper, the form is there another thing
  than elsewhere.
- ``key``: the key of the term that the form names.
- ``person``: the author of this name is one person; for some papers, one of their own.

A decision for one paper wins over one for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from kg.folding import fold, unbroken
from kg.model import Correction, Decision, Person, TermType
from kg.vocab import key_of

#: Stands between a form and what sets it apart from others that fold alike; no name has it.
_MARK: Final = "\x1f"

#: A form in one paper; the empty paper is all of them.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions by form; the functions of ``kg.resolve`` ask it and no list of decisions.

    ``spellings`` gives the forms of spellings that are set apart from others that fold
    alike, ``moved`` the forms that stand for a form in one paper. ``same`` and ``apart``
    are pairs of forms with the correction that says so.
    """

    spellings: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[Place, str] = field(default_factory=dict)
    rejected: Mapping[Place, Correction] = field(default_factory=dict)
    types: Mapping[Place, Correction] = field(default_factory=dict)
    keys: Mapping[str, Correction] = field(default_factory=dict)
    same: tuple[tuple[str, str, Correction], ...] = ()
    apart: tuple[tuple[str, str, Correction], ...] = ()
    people: tuple[Person, ...] = ()
    #: Each form that a correction names, with the correction.
    about: tuple[tuple[str, Correction], ...] = ()

    def base(self, exact: str) -> str:
        """Return the form of a surface form, wherever it stands."""
        if self.spellings:
            apart = self.spellings.get(unbroken(exact))
            if apart is not None:
                return apart
        return fold(exact)

    def forms_in(self, paper: str) -> Callable[[str], str]:
        """Return what tells the form that a surface form has in a paper."""
        if not self.spellings and not self.moved:
            return fold
        return partial(self._form, paper)

    def _form(self, paper: str, exact: str) -> str:
        base = self.base(exact)
        return self.moved.get((base, paper), base)

    def rejects(self, exact: str, paper: str) -> Correction | None:
        """Return the correction that says that a surface form is no term in a paper."""
        if not self.rejected:
            return None
        base = self.base(exact)
        return self.rejected.get((base, paper)) or self.rejected.get((base, ""))

    def type(self, exact: str, paper: str) -> TermType | None:
        """Return what the mentions of a surface form in one paper count as, if decided."""
        if not self.types:
            return None
        found = self.types.get((self.base(exact), paper))
        return TermType(found.value) if found else None


NOTHING: Final = Decided()


def decided(corrections: Iterable[Correction]) -> Decided:
    """Sort corrections by the forms that they name; their order changes nothing.

    They are to agree with each other: see :func:`contradictions`.
    """
    ordered = sorted(corrections, key=lambda one: one.id)
    names = Decided(spellings_apart(ordered))
    moved: dict[Place, str] = {}
    rejected: dict[Place, Correction] = {}
    types: dict[Place, Correction] = {}
    keys: dict[str, Correction] = {}
    same: list[tuple[str, str, Correction]] = []
    apart: list[tuple[str, str, Correction]] = []
    about: list[tuple[str, Correction]] = []
    # "same" comes before "different": in one paper, both together say what the form is there.
    for one in sorted(ordered, key=lambda one: one.decision != Decision.SAME):
        if one.decision == Decision.PERSON:
            continue
        paper = one.papers[0] if one.papers else ""
        form, other = names.base(one.label), names.base(one.value)
        named = [form]
        if one.decision == Decision.NOT_A_TERM:
            rejected[form, paper] = one
        elif one.decision == Decision.TYPE:
            types[form, paper] = one
        elif one.decision == Decision.KEY:
            keys[form] = one
        elif one.decision == Decision.SAME and paper:
            moved[form, paper] = other
            named = [other]
        elif one.decision == Decision.SAME:
            same.append((form, other, one))
            named.append(other)
        elif not paper:
            apart.append((form, other, one))
            named.append(other)
        elif (form, paper) not in moved:
            moved[form, paper] = own = f"{form}{_MARK}{paper}"
            apart.append((form, own, one))
            named.append(own)
        about += [(name, one) for name in named]
    people = _people(ordered)
    return Decided(
        names.spellings, moved, rejected, types, keys, tuple(same), tuple(apart), people,
        tuple(about),
    )  # fmt: skip


def spellings_apart(corrections: Iterable[Correction]) -> dict[str, str]:
    """Return the forms of spellings that are said to differ from ones that fold alike.

    Of the two the first keeps what the machine knows of the form.
    """
    found = {}
    for one in corrections:
        if one.decision == Decision.DIFFERENT and fold(one.label) == fold(one.value):
            spelling = " ".join(one.value.split())
            found[spelling] = f"{fold(spelling)}{_MARK}{spelling}"
    return found


def _people(ordered: Iterable[Correction]) -> tuple[Person, ...]:
    found = []
    for one in ordered:
        if one.decision == Decision.PERSON:
            name = key_of(one.label)
            key = f"{name}~{key_of(one.papers[0])}" if one.papers else name
            found.append(Person(key, name, one.papers, one.id))
    return tuple(sorted(found, key=lambda person: person.key))


def shown(form: str) -> str:
    """Return a form without what sets it apart."""
    return form.partition(_MARK)[0]


# ------------------------------------------------------------------ what may join


class Components:
    """Forms that are joined so far, and which of them must never be.

    A disjoint-set forest; each set knows the sets that a person told it apart from.
    """

    def __init__(self, of: Decided) -> None:
        self._parents: dict[str, str] = {}
        self._foes: dict[str, set[str]] = {}
        for one, other, _ in of.same:
            self.join(one, other)
        for one, other, _ in of.apart:
            here, there = self._root(one), self._root(other)
            if here != there:
                self._foes.setdefault(here, set()).add(there)
                self._foes.setdefault(there, set()).add(here)

    def may_join(self, one: str, other: str) -> bool:
        """Tell whether joining two forms joins none that a person told apart."""
        return not self._foes or self._root(other) not in self._foes.get(self._root(one), ())

    def join(self, one: str, other: str) -> None:
        here, there = self._root(one), self._root(other)
        if here == there:
            return
        self._parents[here] = there
        for foe in self._foes.pop(here, ()):
            self._foes[foe].discard(here)
            self._foes[foe].add(there)
            self._foes.setdefault(there, set()).add(foe)

    def _root(self, form: str) -> str:
        root = form
        while root in self._parents:
            root = self._parents[root]
        while form != root:
            self._parents[form], form = root, self._parents[form]
        return root


# ------------------------------------------------------------------ decisions that disagree


def questions(one: Correction, names: Decided) -> list[tuple[str, ...]]:
    """Name what a correction answers: two that answer one question are not both in force.

    Whether a form is a term and of which type is one question; whether two forms are one
    thing is one, whichever is named first.

    Args:
        names: tells the form of a label.
    """
    papers = one.papers or ("",)
    if one.decision == Decision.PERSON:
        return [("person", key_of(one.label), paper) for paper in papers]
    form = names.base(one.label)
    if one.decision in (Decision.NOT_A_TERM, Decision.TYPE):
        return [("what", form, paper) for paper in papers]
    if one.decision == Decision.KEY:
        return [("key", form)]
    if one.papers:
        return [(one.decision, form, paper) for paper in papers]
    pair = [form, names.base(one.value)]
    if fold(one.label) == fold(one.value):
        pair = [" ".join(one.label.split()), " ".join(one.value.split())]
    return [("pair", *sorted(pair))]


def same_answer(one: Correction, other: Correction, names: Decided) -> bool:
    """Tell whether two corrections decide the same, whoever did so and when."""
    if (one.decision, one.papers) != (other.decision, other.papers):
        return False
    if one.decision in (Decision.SAME, Decision.DIFFERENT):
        return names.base(one.value) == names.base(other.value)
    return one.value == other.value


def contradictions(
    corrections: Iterable[Correction],
) -> Iterator[tuple[tuple[Correction, ...], str]]:
    """Find corrections that cannot all hold; yields them with what is wrong.

    Two answers to one question; a pair that is different and, perhaps over others, the
    same; two types or keys of what is the same; one key for two names.
    """
    ordered = sorted(corrections, key=lambda one: one.id)
    of = decided(ordered)
    answers: dict[tuple[str, ...], Correction] = {}
    for one in ordered:
        for question in questions(one, of):
            first = answers.setdefault(question, one)
            if first is not one and not same_answer(first, one, of):
                yield (first, one), f"two decisions about {one.label!r}"
                break
    links: dict[str, list[tuple[str, Correction]]] = {}
    for form, other, by in of.same:
        links.setdefault(form, []).append((other, by))
        links.setdefault(other, []).append((form, by))
    for form, other, by in of.apart:
        ways = _ways(links, form)
        if len(ways.get(other, ())) > 1:  # of the pair itself, both are answers to one question
            yield (by, *ways[other]), f"{by.label!r} and {by.value!r} are different and the same"
    types = {form: one for (form, paper), one in of.types.items() if not paper}
    for what, said in (("types", types), ("keys", of.keys)):
        for form, one in said.items():
            for other, way in _ways(links, form).items():
                if form < other and other in said and said[other].value != one.value:
                    yield (one, said[other], *way), f"two {what} for what is the same"
    by_key: dict[str, Correction] = {}
    for one in of.keys.values():
        first = by_key.setdefault(one.value, one)
        if first is not one:
            yield (first, one), f"the key {one.value!r} for {first.label!r} and {one.label!r}"


def _ways(
    links: Mapping[str, list[tuple[str, Correction]]], start: str
) -> dict[str, tuple[Correction, ...]]:
    """Return the forms that are the same as *start*, with the corrections that say so."""
    ways: dict[str, tuple[Correction, ...]] = {start: ()}
    queue = [start]
    for form in queue:
        for other, by in links.get(form, ()):
            if other not in ways:
                ways[other] = (*ways[form], by)
                queue.append(other)
    return ways

"""Who waits for a query worker, and in what order they are let in."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

from kg.errors import Overloaded, TooManyQueries

T = TypeVar("T")


class Line(Generic[T]):
    """A line of waiting requests: clients take turns, so that one with many holds up none.

    Args:
        longest: how many may wait in all.
        per_client: how many one client may have waiting and running.
    """

    def __init__(self, longest: int, per_client: int) -> None:
        self._longest = longest
        self._per_client = per_client
        self._waiting: OrderedDict[str, deque[asyncio.Future[T]]] = OrderedDict()
        self._size = 0
        self._present: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._size

    def enter(self, client: str) -> None:
        """Count a request of a client, until it leaves.

        Raises:
            TooManyQueries: the client has as many as one may have.
        """
        if self._present[client] >= self._per_client:
            raise TooManyQueries(
                f"query: {self._per_client} of this client are running or waiting, which is the "
                "most that one may have; try again when one has ended"
            )
        self._present[client] += 1

    def leave(self, client: str) -> None:
        """Count a request of a client no longer."""
        self._present[client] -= 1
        if not self._present[client]:
            del self._present[client]

    async def wait(self, client: str, within_s: float, back: Callable[[T], None]) -> T:
        """Wait for what :meth:`give` gives.

        Args:
            within_s: how long, in seconds.
            back: takes what was given to a request that was cancelled at that moment.

        Raises:
            Overloaded: too many wait already, or nothing was given in time.
        """
        if self._size >= self._longest:
            raise Overloaded(f"query: {self._size} wait already; try again in a while")
        loop = asyncio.get_running_loop()
        place: asyncio.Future[T] = loop.create_future()
        self._waiting.setdefault(client, deque()).append(place)
        self._size += 1
        timer = loop.call_later(within_s, _give_up, place, within_s)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                back(place.result())
            raise
        finally:
            timer.cancel()
            self._remove(client, place)

    def _remove(self, client: str, place: asyncio.Future[T]) -> None:
        places = self._waiting.get(client)
        if places is not None and place in places:
            places.remove(place)
            self._size -= 1
            if not places:
                del self._waiting[client]

    def give(self, thing: T) -> bool:
        """Give something to who is next; tell whether anyone waited."""
        while self._waiting:
            client, places = next(iter(self._waiting.items()))
            place = places.popleft()
            self._size -= 1
            if places:
                self._waiting.move_to_end(client)
            else:
                del self._waiting[client]
            if not place.done():
                place.set_result(thing)
                return True
        return False


def _give_up(place: asyncio.Future[T], waited_s: float) -> None:
    if not place.done():
        place.set_exception(
            Overloaded(f"query: no worker was free within {waited_s:g} s; try again in a while")
        )

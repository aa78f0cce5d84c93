"""Where jobs are done: in the loop if they are expected to be over at once and no other job is there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from harness.serve.keeper import Interrupted, Keeper


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    found = Keeper()
    yield found
    assert found.end(60)


def test_a_job_is_done_on_a_thread_of_its_own(keeper: Keeper) -> None:
    async def main() -> int:
        return await keeper.do(threading.get_ident)

    assert asyncio.run(main()) != threading.get_ident()


def test_a_job_that_is_not_to_be_done_at_once_after_all_is_done_on_the_thread(keeper: Keeper) -> None:
    async def main() -> int:
        return await keeper.do(threading.get_ident, at_once=lambda: False)

    assert asyncio.run(main()) != threading.get_ident()


def test_a_job_at_once_is_done_in_the_loop(keeper: Keeper) -> None:
    async def main() -> int:
        return await keeper.do(threading.get_ident, at_once=lambda: True)

    assert asyncio.run(main()) == threading.get_ident()


def test_a_job_at_once_waits_for_the_one_that_is_being_done(keeper: Keeper) -> None:
    begun, go_on = threading.Event(), threading.Event()
    done: list[str] = []
    asked: list[int] = []

    def is_quick() -> bool:
        asked.append(threading.get_ident())
        return True

    def long() -> None:
        begun.set()
        assert go_on.wait(60)
        done.append("long")

    async def main() -> None:
        first = asyncio.create_task(keeper.do(long))
        await asyncio.to_thread(begun.wait, 60)
        second = asyncio.create_task(keeper.do(lambda: done.append("at once"), at_once=is_quick))
        await asyncio.sleep(0)
        assert (done, asked) == ([], []), "what it would read is being changed"
        go_on.set()
        await asyncio.gather(first, second)
        await keeper.do(lambda: done.append("alone"), at_once=is_quick)

    asyncio.run(main())
    assert done == ["long", "at once", "alone"]
    assert asked == [threading.get_ident()]


def test_a_job_may_be_at_once_again_after_others_failed_or_were_cancelled(keeper: Keeper) -> None:
    async def main() -> int:
        with pytest.raises(ZeroDivisionError):
            await keeper.do(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            await keeper.do(lambda: 1 // 0, at_once=lambda: True)
        held = threading.Event()
        first = asyncio.create_task(keeper.do(lambda: held.wait(60)))
        second = asyncio.create_task(keeper.do(lambda: None))
        await asyncio.sleep(0)
        second.cancel()
        held.set()
        await asyncio.gather(first, second, return_exceptions=True)
        await keeper.do(lambda: None)
        return await keeper.do(threading.get_ident, at_once=lambda: True)

    assert asyncio.run(main()) == threading.get_ident()


def test_only_a_job_at_once_and_the_question_before_it_are_interrupted(keeper: Keeper) -> None:
    async def main() -> None:
        keeper.interrupt()  # nothing is being done
        await keeper.do(keeper.interrupt)
        with pytest.raises(Interrupted):
            await keeper.do(keeper.interrupt, at_once=lambda: True)
        with pytest.raises(Interrupted):
            await keeper.do(lambda: None, at_once=lambda: bool(keeper.interrupt()))
        keeper.interrupt()

    asyncio.run(main())

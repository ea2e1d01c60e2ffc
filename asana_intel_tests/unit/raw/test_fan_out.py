from __future__ import annotations

import threading

import pytest

from asana_intel.errors import ConfigError, PermanentError, RetriableError, SkippableError
from asana_intel.raw.fan_out import DOWN_AFTER, FanOut


def test_answers_come_in_the_order_of_the_questions_although_the_first_is_slowest():
    others_are_done = threading.Event()

    def read(item):
        if item == 0:
            others_are_done.wait(5)
        elif item == 3:
            others_are_done.set()
        return item * 10

    with FanOut(2) as fan_out:
        assert [answer for _, answer in fan_out.each(range(8), read)] == [n * 10 for n in range(8)]


def test_questions_are_taken_only_a_little_ahead():
    taken = []

    def questions():
        for n in range(1000):
            taken.append(n)
            yield n

    with FanOut(2) as fan_out:
        answers = fan_out.each(questions(), lambda item: item)
        next(answers)
        assert len(taken) <= 5
        answers.close()


def test_a_refusal_concerns_one_question_and_any_other_error_all_of_them():
    def read(item):
        if item == 1:
            raise SkippableError("gone")
        if item == 3:
            raise ConfigError("the token was withdrawn")
        return item

    with FanOut(2) as fan_out:
        answers = fan_out.each(range(5), read)
        assert next(answers) == (0, 0)
        assert isinstance(next(answers)[1], SkippableError)
        assert next(answers) == (2, 2)
        with pytest.raises(ConfigError):
            next(answers)


@pytest.mark.parametrize("told_to_stop", [KeyboardInterrupt, SystemExit])
def test_being_told_to_stop_does_not_wait_for_a_read_that_waits_for_the_server(told_to_stop):
    server_is_back, is_reading = threading.Event(), threading.Event()

    def read(_):
        is_reading.set()
        server_is_back.wait(20)
        return "late"

    def stopped():
        with FanOut(1) as fan_out:
            for _ in fan_out.each(_interrupting(), read):
                pass

    def _interrupting():
        yield 0
        is_reading.wait(5)
        raise told_to_stop

    with pytest.raises(told_to_stop):
        stopped()
    assert not server_is_back.is_set()
    server_is_back.set()


def test_after_an_error_nothing_is_read_any_more():
    seen = []

    def read(item):
        seen.append(item)
        if item == 0:
            raise ConfigError("the token was withdrawn")
        return item

    def ended():
        with FanOut(2) as fan_out:
            list(fan_out.each(range(100), read))

    with pytest.raises(ConfigError):
        ended()
    assert len(seen) <= 5
    assert not [t for t in threading.enumerate() if t.name.startswith("asana-read") and t.is_alive()]


def _reading(unanswered, refused=()):
    def read(item):
        if item in unanswered:
            raise RetriableError(f"no answer to {item}")
        if item in refused:
            raise PermanentError("no")
        return item

    return read


def test_questions_without_an_answer_are_told_one_by_one_as_long_as_others_are_answered_in_between():
    unanswered = set(range(40)) - set(range(0, 40, DOWN_AFTER))
    with FanOut(2) as fan_out:
        outcomes = [outcome for _, outcome in fan_out.each(range(40), _reading(unanswered))]
    assert [isinstance(outcome, RetriableError) for outcome in outcomes] == [n in unanswered for n in range(40)]


def test_a_refusal_is_an_answer():
    with FanOut(2) as fan_out:
        outcomes = [*fan_out.each(range(9), _reading({0, 1, 2, 3, 5, 6, 7, 8}, {4}))]
    assert len(outcomes) == 9


def test_several_questions_in_a_row_without_an_answer_concern_all_also_of_two_calls():
    with FanOut(2) as fan_out:
        assert len([*fan_out.each(range(3), _reading({0, 1, 2}))]) == 3
        answers = fan_out.each(range(9), _reading(set(range(9))))
        assert [next(answers)[0] for _ in range(DOWN_AFTER - 4)] == [0]
        with pytest.raises(RetriableError, match="no answer to 1"):
            next(answers)


@pytest.mark.parametrize(("latency_s", "threads"), [(0.0, 4), (0.001, 4), (0.1, 25), (3.0, 32)])
def test_there_are_as_many_threads_as_the_time_of_an_answer_makes_useful(latency_s, threads):
    taken, gate = [], threading.Event()

    def questions():
        for n in range(200):
            taken.append(n)
            yield n

    with FanOut(32, lambda: latency_s) as fan_out:
        answers = fan_out.each(questions(), lambda item: gate.wait(5) and item)
        gate.set()
        next(answers)
        assert len([t for t in threading.enumerate() if t.name.startswith("asana-read")]) == threads
        assert len(taken) == 2 * threads
        answers.close()


def test_when_answers_come_faster_fewer_questions_are_open():
    latencies = iter([0.1, *[0.001] * 200])
    open_questions, most_open = 0, []

    def questions():
        nonlocal open_questions
        for n in range(150):
            open_questions += 1
            most_open.append(open_questions)
            yield n

    with FanOut(32, lambda: next(latencies)) as fan_out:
        for _ in fan_out.each(questions(), lambda item: item):
            open_questions -= 1
    assert (max(most_open), max(most_open[60:])) == (50, 8)

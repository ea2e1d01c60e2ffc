from __future__ import annotations

import threading

import pytest

from asana_intel.errors import ConfigError, SkippableError
from asana_intel.raw.fan_out import FanOut


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

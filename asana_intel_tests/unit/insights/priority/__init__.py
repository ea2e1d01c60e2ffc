"""Tests of the score of open tasks."""

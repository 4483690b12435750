"""What a finding is: everything, but for one error of Python's own."""

from xml.sax.saxutils import escape

import pytest

from tests.interop.fuzzing import only_of_python

OF_PYTHON = """Runtime Error

AST constructor recursion depth mismatch (before=130, after=127)

    Traceback (most recent call last):
      File "ast.py", line 50, in parse
    SystemError: AST constructor recursion depth mismatch (before=130, after=127)"""
OTHER = "Network Error\n\nRead timed out after 10.00 seconds"
QUOTING = f"Runtime Error\n\nnot {OF_PYTHON}"


def report(*found: tuple[str, str]) -> str:
    cases = "".join(
        f'<testcase name="{n}"><{tag}>{escape(text)}</{tag}></testcase>' for n, (tag, text) in enumerate(found)
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites><testsuite>{cases}</testsuite></testsuites>'


def test_an_error_of_python_alone_is_none_of_the_service() -> None:
    assert only_of_python(report(("error", OF_PYTHON), ("skipped", "nothing to do"), ("error", OF_PYTHON)))


@pytest.mark.parametrize("beside", [("error", OTHER), ("error", QUOTING), ("error", ""), ("failure", "Server error")])
def test_whatever_is_found_beside_it_is_a_finding(beside: tuple[str, str]) -> None:
    assert not only_of_python(report(("error", OF_PYTHON), beside))


def test_a_failure_that_quotes_it_is_a_finding() -> None:
    assert not only_of_python(report(("failure", OF_PYTHON)))


def test_a_run_that_says_nothing_has_not_passed() -> None:
    assert not only_of_python(report())

"""The usage words: what is wrong with a command line, in the reader's language."""

from __future__ import annotations

import difflib
import re

from collections.abc import Callable, Collection
from typing import Any, Final

from ..language import tr


__all__ = ["no_such_command", "usage_words"]

# Typer has pydantic read the values; these are pydantic's names for what went wrong.
_KINDS: Final[dict[str, str]] = {
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "greater_than_equal": "a number from {bound}",
    "less_than_equal": "a number up to {bound}",
}
_CHOICES: Final = re.compile(r"'(?P<value>.*)' is not one of (?P<choices>.+?)\.?$", re.DOTALL)
_NEEDS_VALUE: Final = "requires an argument"
_TAKES_NONE: Final = "does not take a value"
_EXTRA: Final = re.compile(r"unexpected extra arguments?(?:\(s\))? \((.+)\)", re.DOTALL)
_LONGEST: Final = 40


def no_such_command(word: str, verbs: Collection[str], *, is_uid: bool) -> str:
    """
    Return that there is no command *word*, and which one was meant.

    Args:
        word: What was typed.

        verbs: The commands that there are.

        is_uid: Whether it is a UID, whose list is most likely asked for.
    """
    told = tr("there is no command {word!r:.40}", word=word)
    meant = [f"list {word}"] if is_uid else difflib.get_close_matches(word, verbs, n=2)
    return told + (_did_you_mean(meant) or tr("; bili-common --help names them"))


def usage_words(error: Any) -> str:
    """
    Return what *error*, one of Typer's, says.

    Args:
        error: Typer brings its own copy of click, whose errors have no public
            base: they are told by their names. Of one that is not known, or of
            another version, the own message is returned.
    """
    tell = _TELLERS.get(type(error).__name__)
    told = None if tell is None else tell(error)
    return told or str(error.format_message())


def _no_such_option(error: Any) -> str:
    told = tr("there is no option {name}", name=error.option_name[:_LONGEST])
    possible: list[str] = [*(error.possibilities or ())]
    near = difflib.get_close_matches(str(error.option_name), possible, n=2)
    return told + _did_you_mean(near)


def _missing(error: Any) -> str | None:
    return error.param and tr("{name} is missing", name=_name_of(error.param))


def _bad_option(error: Any) -> str | None:
    if _NEEDS_VALUE in error.message:
        return tr("{name} needs a value", name=error.option_name)
    if _TAKES_NONE in error.message:
        return tr("{name} takes no value", name=error.option_name)
    return None


def _bad_value(error: Any) -> str | None:
    if error.param is None:
        return None

    name = _name_of(error.param)
    if choice := _CHOICES.search(error.message):
        return _takes(name, choice["choices"].replace("'", ""), choice["value"])

    found = getattr(error.__cause__, "errors", list[Any])()
    if not found:
        return tr("{name}: {what}", name=name, what=error.message)

    kind = _KINDS.get(found[0]["type"])
    bounds = [*found[0].get("ctx", {}).values(), None]
    return kind and _takes(name, tr(kind, bound=bounds[0]), found[0]["input"])


def _usage(error: Any) -> str | None:
    extra = _EXTRA.search(error.message)
    return extra and tr("too much was given: {extra:.60}", extra=extra[1])


_TELLERS: Final[dict[str, Callable[[Any], str | None]]] = {
    "BadOptionUsage": _bad_option,
    "BadParameter": _bad_value,
    "MissingParameter": _missing,
    "NoSuchOption": _no_such_option,
    "UsageError": _usage,
}


def _name_of(param: Any) -> str:
    """Return the option as it is typed, or the argument as the help names it."""
    if param.param_type_name == "argument":
        return str(param.metavar or param.name)
    return ", ".join(sorted(param.opts, key=len))


def _takes(name: str, what: str, value: Any) -> str:
    return tr("{name} takes {what}, not {value!r:.40}", name=name, what=what, value=value)


def _did_you_mean(words: Collection[str]) -> str:
    if not words:
        return ""
    return tr("; did you mean {words}?", words=tr(" or ").join(words))

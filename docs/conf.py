"""How the pages are built: `sphinx-build -W -n -b html docs docs/_build/html`."""

from __future__ import annotations

import importlib.metadata
import re

from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import bili_common
import bili_common.compare
import bili_common.dask
import bili_common.pace
import bili_common.report
import bili_common.testing


project = "bili_common"
author = "The bili_common authors"
copyright = "The bili_common authors"  # noqa: A001 - Sphinx wants this name
release = version = importlib.metadata.version("bili-common")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
# A prompt and what a command prints are not copied.
copybutton_prompt_text = "$ "
exclude_patterns = ["_build", "examples"]
nitpicky = True

# A name in single backticks in a docstring is a link, or the build fails.
default_role = "py:obj"
add_module_names = False
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True
maximum_signature_line_length = 80
python_display_short_literal_types = True

# No page is fetched while building, so names of other projects stay without a link.
nitpick_ignore_regex = [
    (
        r"py:.*",
        r"(aiohttp|attr|attrs|asyncio|collections|contextlib|datetime|enum|errno|os|pandas|pathlib)\..*",
    ),
    (r"py:.*", r"(.*\.)?(T|T_co|Shape|Item|Monotonic|Answer)"),
    (r"py:.*", r"(aiter|anext|optional|EllipsisType|types\.EllipsisType|Awaitable|PathLike)"),
    # The words of a Literal are quoted.
    (r"py:class", r"'.*'"),
    (r"py:.*", r"(bili_common\.pace\._\w+\.R|polars\..*)"),
    # What shows itself to nobody needs no page.
    (
        r"py:.*",
        r"(bili_common\.(_util\.secret\.Secret|compare\.sources\.OutcomeSource|pace\._state\.Breaker)|Breaker)",
    ),
    (r"py:.*", r"bili_common\.testing\.(rules\.ServerClock|lies\.Lie|check_pace_store)"),
    # Attributes of the class that a subclass of it speaks of.
    (r"py:obj", r"(outcomes|users|against)"),
]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = f"bili_common {release}"
html_static_path = ["_static"]
html_css_files = ["extra.css"]
html_copy_source = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {
        "color-brand-primary": "#0b6e8f",
        "color-brand-content": "#0b6e8f",
    },
    "dark_css_variables": {
        "color-brand-primary": "#5cc7e8",
        "color-brand-content": "#5cc7e8",
    },
}

# These come from the client's methods: how they are made is no one's business.
NOT_CALLED = {"ComparisonRun", "Pager", "Walk"}

# The public home of everything that is defined on a private floor.
HOMES = {
    name: home.__name__
    # The last one wins: what is in `bili_common` itself is imported from there.
    for home in (
        bili_common.compare,
        bili_common.dask,
        bili_common.pace,
        bili_common.report,
        bili_common.testing,
        bili_common,
    )
    for name in home.__all__
}


DEFINED = re.compile(r"\bbili_common(?:\.[a-z_]+)+\.([A-Z]\w+)")


def find_public_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.TextElement
) -> Any:
    """Link a name to the class that users import, wherever it is defined."""
    target = node.get("reftarget", "")
    domain = env.domains["py"]
    parts = target.split(".")
    for place, name in enumerate(parts):
        if home := HOMES.get(name):
            node["reftarget"] = ".".join([home, *parts[place:]])
            return domain.resolve_xref(
                env, node["refdoc"], app.builder, "obj", node["reftarget"], node, text
            )
    return None


def hide_signature(_app: Sphinx, _what: str, name: str, *_: object) -> tuple[str, None] | None:
    """Leave out the arguments of classes that users do not call."""
    return ("", None) if name.rpartition(".")[2] in NOT_CALLED else None


def show_public_types(*event: Any) -> None:
    """Call the type of an attribute by its public name, not by where it is defined."""
    lines = event[-1]
    for number, line in enumerate(lines):
        if line.startswith(":vartype"):
            lines[number] = DEFINED.sub(r"\1", line)


def join_chinese_lines(app: Sphinx, doctree: nodes.document) -> None:
    """Put no blank between two sentences in Chinese, which stand on lines of their own."""
    if not app.env.docname.endswith(".zh"):
        return

    for text in list(doctree.findall(nodes.Text)):
        if "\n" in text and not isinstance(text.parent, nodes.FixedTextElement):
            text.parent.replace(text, nodes.Text(text.replace("\n", "")))


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", join_chinese_lines)
    # After napoleon, which writes the types.
    app.connect("autodoc-process-docstring", show_public_types, priority=900)
    app.connect("autodoc-process-signature", hide_signature)
    app.connect("missing-reference", find_public_name)

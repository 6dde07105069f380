"""What ``mkdocs.yml`` needs beside settings: the reference, links into the repository, a check."""

import logging
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

LOG = logging.getLogger("mkdocs.hooks.dmenet")
"""A warning ends a strict build."""

LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((\.\./[^)#\s]+)\)")
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""What a browser loads by itself, by its tags; links that a reader follows are not among it."""

PACKAGE = Path(__file__).parents[1] / "src/dmenet"
UNDOCUMENTED = {"commands"}
"""Parts of the package without a page: `dmenet COMMAND --help` describes these."""


def parts() -> list[str]:
    """Folders and modules of the package."""
    modules = {path.stem for path in PACKAGE.glob("[!_]*.py")}
    folders = {path.parent.name for path in PACKAGE.glob("[!_]*/__init__.py")}
    return sorted((modules | folders) - UNDOCUMENTED)


def on_config(config: Any, **_: Any) -> None:
    """Add a page for each part of the package to the navigation."""
    pages = [{f"dmenet.{part}": f"reference/{part}.md"} for part in parts()]
    config.nav.append({"Reference": [{"dmenet": "reference/dmenet.md"}, *pages]})


def on_files(files: Files, config: Any, **_: Any) -> None:
    """Make these pages, whose content is the docstrings."""
    content = {"dmenet": "::: dmenet\n    options: {show_submodules: false}\n"}
    content |= {part: f"::: dmenet.{part}\n" for part in parts()}
    for name, text in content.items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Show the path of a file beside ``docs/``, which is in the repository and not on the site."""

    def shown(link: re.Match[str]) -> str:
        text, target = link.groups()
        if not (Path(page.file.abs_src_path).parent / target).exists():
            LOG.warning("%s: no such file: %s", page.file.src_path, target)
        path = target.removeprefix("../")
        return text if path in text else f"{text} (`{path}`)"

    return LINK.sub(shown, markdown)


def on_post_build(config: Any, **_: Any) -> None:
    """Warn of whatever the pages would fetch from elsewhere."""
    site = Path(config.site_dir)
    for path in sorted(site.rglob("*.html")):
        for address in _Fetched.of(path.read_text("utf-8")):
            LOG.warning("%s fetches %s", path.relative_to(site), address)
    for path in sorted(site.rglob("*.css")):
        for address in re.findall(r"(?:url\(|@import)\s*[\"']?(https?:[^\"')]+)", path.read_text()):
            LOG.warning("%s fetches %s", path.relative_to(site), address)


class _Fetched(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    @classmethod
    def of(cls, text: str) -> list[str]:
        parser = cls()
        parser.feed(text)
        return parser.addresses

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "link" and attributes.get("rel") in ("canonical", "next", "prev"):
            return
        address = attributes.get(FETCHED.get(tag, "")) or ""
        if address.startswith(("http:", "https:", "//")):
            self.addresses.append(address)

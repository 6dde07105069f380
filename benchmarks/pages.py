"""Tables of benchmarks in pages of the documentation."""

from pathlib import Path


def put_into(page: Path, mark: str, text: str) -> None:
    """Replace what stands between ``<!-- MARK -->`` and ``<!-- end of MARK -->``."""
    start, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
    before, _, rest = page.read_text("utf-8").partition(start)
    page.write_text(f"{before}{start}\n{text}\n\n{end}{rest.partition(end)[2]}", "utf-8")

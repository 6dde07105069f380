"""Unpacking a data set from the zip file that it was published in."""

import shutil
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from dmenet.errors import InputError
from dmenet.files import replacing

PARTIAL = ".unpacking-"


def unpack(archive: str | Path | None, folder: Path, parts: Sequence[str]) -> None:
    """Unpack a data set to where it is wanted; again, after an interruption, it goes on.

    Only the files in ``parts`` are taken, wherever in the zip file these folders lie together, and
    nothing can land outside ``folder``, which appears when all is done. Where it has one of the
    parts already, nothing is done.

    Args:
        archive: the zip file, or a folder in it: ``published.zip/test/CUHK``; None: no archive.
        folder: to be made, or empty.
        parts: folders that the data set consists of.

    Raises:
        InputError: there is no such file, it is damaged, or it does not hold one such data set.
    """
    if archive is None or any((folder / part).exists() for part in parts):
        return
    file, inside = _file_and_folder(Path(archive).expanduser())
    try:
        with zipfile.ZipFile(file) as opened:
            members = _members(file, opened, inside, parts)
            size = sum(info.file_size for info in members.values())
            above = (path for path in (folder, *folder.absolute().parents) if path.exists())
            free = shutil.disk_usage(next(above)).free
            if size > free:
                raise InputError(
                    f"{file}: unpacked it takes {size:,} bytes, of which {folder} has {free:,}: "
                    "make room, or choose another folder"
                )
            partial = folder.with_name(f"{PARTIAL}{folder.name}")
            _extract(opened, members, partial, size)
            partial.rename(folder)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(
            f"{file}: cannot be unpacked: {error}. Expected a whole zip file; download it again"
        ) from error
    except OSError as error:
        raise InputError(
            f"{file}: cannot be unpacked into {folder}: {error.strerror or error}"
        ) from error


def _file_and_folder(archive: Path) -> tuple[Path, PurePosixPath | None]:
    for path in (archive, *archive.parents):
        if path.is_file():
            inside = archive.relative_to(path)
            return path, PurePosixPath(inside) if inside.parts else None
    raise InputError(f"{archive}: no such file. Expected a zip file, or a folder in one; check it")


def _members(
    file: Path, opened: zipfile.ZipFile, inside: PurePosixPath | None, parts: Sequence[str]
) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """The files to unpack, by their paths in the data set's folder."""
    found: dict[PurePosixPath, dict[PurePosixPath, zipfile.ZipInfo]] = {}
    for info in opened.infolist():
        path = PurePosixPath(info.filename)
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        if info.is_dir() or is_link or ".." in path.parts:
            continue
        for depth, name in enumerate(path.parts[:-1]):
            if name in parts:
                root = PurePosixPath(*path.parts[:depth])
                found.setdefault(root, {})[path.relative_to(root)] = info
                break
    whole = {
        root: files
        for root, files in found.items()
        if {path.parts[0] for path in files} == set(parts)
        and (inside is None or root.parts[-len(inside.parts) :] == inside.parts)
    }
    if len(whole) == 1:
        return next(iter(whole.values()))
    wanted = " and ".join(f"{part}/" for part in parts)
    if not whole:
        raise InputError(
            f"{file}: {f'{inside} in it' if inside else 'no folder in it'} has no {wanted}. "
            "Expected the data set as it was published"
        )
    choices = ", ".join(f"{file}/{root}" for root in sorted(whole))
    raise InputError(f"{file}: several folders in it have {wanted}. Say which: {choices}")


def _extract(
    opened: zipfile.ZipFile,
    members: dict[PurePosixPath, zipfile.ZipInfo],
    folder: Path,
    size: int,
) -> None:
    with tqdm(total=size, desc=f"Unpacking into {folder}", unit="B", unit_scale=True) as progress:
        for path, info in members.items():
            target = folder / path
            if not (target.is_file() and target.stat().st_size == info.file_size):
                target.parent.mkdir(parents=True, exist_ok=True)
                with (
                    replacing(target) as temporary,
                    opened.open(info) as source,
                    temporary.open("wb") as sink,
                ):
                    shutil.copyfileobj(source, sink)
            progress.update(info.file_size)

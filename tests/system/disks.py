"""File systems of our own, small enough to be filled and spoilt."""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest
from running import until


def _ran(*command):
    return subprocess.run(command, capture_output=True, check=False)


def _need(done):
    """What was done only works as root, where mounting is allowed; told as missing elsewhere, a failure in CI."""
    if done.returncode == 0:
        return
    assert not (os.environ.get("CI") and os.geteuid() == 0), done
    pytest.skip(f"file systems cannot be mounted here: {done.stderr.decode().strip()}")


@contextlib.contextmanager
def tmpfs(folder, size):
    """A file system in memory, of this size ("512m")."""
    folder.mkdir()
    _need(_ran("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder))
    try:
        yield folder
    finally:
        _ran("umount", "-l", folder)


class Ext4:
    """A file system in a file, which becomes read-only when it meets an error, as a failing disk makes it."""

    def __init__(self, folder):
        self._image = folder.with_suffix(".img")
        self.folder = folder

    def __enter__(self):
        self.folder.mkdir()
        with self._image.open("wb") as image:
            image.truncate(256 << 20)
        _need(_ran("mkfs.ext4", "-q", "-F", "-m", "0", self._image))
        self.mount()
        return self

    def __exit__(self, *_):
        _ran("umount", "-l", self.folder)

    def mount(self):
        _need(_ran("mount", "-o", "loop,errors=remount-ro", self._image, self.folder))

    def fail(self):
        """The kernel meets an error: from here on nothing can be written, whoever has a file open."""
        (device,) = (line.split()[0] for line in _mounts() if line.split()[1] == str(self.folder))
        Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("1")

    def mend(self):
        """As an operator does who has put in a new disk; what was killed just now may need a moment to let go."""
        until(lambda: _ran("umount", self.folder).returncode == 0, tell=lambda: f"{self.folder} is still in use")
        assert _ran("e2fsck", "-p", "-f", self._image).returncode < 4
        self.mount()


def _mounts():
    return Path("/proc/mounts").read_text().splitlines()


class Filler:
    """Takes all the room there is, until it is freed."""

    def __init__(self, folder):
        self._path = folder / "filler"

    def fill(self):
        with self._path.open("ab", buffering=0) as file:
            for size in (1 << 24, 1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)

    def free(self):
        self._path.unlink()

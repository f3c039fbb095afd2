from ._file import FilePace as FilePace
from ._local import LocalPace as LocalPace
from ._protocol import PaceStore as PaceStore
from ._redis import RedisPace as RedisPace
from ._state import PaceState as PaceState

__all__ = ["FilePace", "LocalPace", "PaceState", "PaceStore", "RedisPace"]

"""A history in Azure Blob Storage, for runners without a disk: borrowed for a run, and brought back as it changes.

A lease keeps a second run away, and ends by itself a minute after its holder died; the entity tag sees to it that only
the history that was read is replaced. Source: Azure Storage, "Lease Blob" and "Conditional headers".
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from auditor.model.errors import ResourceError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_LEASE: Final = 60
_RENEW: Final = 20
_RIGHT: Final = "Storage Blob Data Contributor on the container is needed."


@contextmanager
def borrowed(url: str, credential: TokenCredential) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A copy of the blob that nobody else may change meanwhile, and what brings it back.

    The blob is made when there is none. ResourceError when another run has it, or it cannot be had.
    """
    from azure.core.exceptions import ResourceExistsError
    from azure.storage.blob import BlobClient, BlobLeaseClient

    with ExitStack() as stack:
        with _told(url):
            client = stack.enter_context(BlobClient.from_blob_url(url, credential=credential))
            with suppress(ResourceExistsError):
                client.upload_blob(b"")
            lease: BlobLeaseClient = client.acquire_lease(lease_duration=_LEASE)
        stack.enter_context(_kept(lease))
        path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="auditor-"))) / "history.db"
        with _told(url):
            tag = _download(client, path)

        def bring_back() -> None:
            nonlocal tag
            from azure.core import MatchConditions

            with _told(url), path.open("rb") as data:
                put: dict[str, Any] = {"etag": tag, "match_condition": MatchConditions.IfNotModified}
                tag = client.upload_blob(data, overwrite=True, lease=lease, **put)["etag"]

        yield path, bring_back


@contextmanager
def copied(url: str, credential: TokenCredential) -> Iterator[Path]:
    """A copy of the blob to read. ResourceError when it cannot be had."""
    from azure.storage.blob import BlobClient

    with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
        path = Path(folder) / "history.db"
        with _told(url), BlobClient.from_blob_url(url, credential=credential) as client:
            _download(client, path)
        yield path


def _download(client: Any, path: Path) -> str:
    found = client.download_blob()
    with path.open("wb") as out:
        found.readinto(out)
    return str(found.properties.etag)


@contextmanager
def _kept(lease: Any) -> Iterator[None]:
    """Renews a lease until it is given back. One that cannot be renewed shows when the blob is brought back."""
    from azure.core.exceptions import AzureError

    done = threading.Event()

    def renew() -> None:
        while not done.wait(_RENEW):
            try:
                lease.renew()
            except AzureError:
                return

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        with suppress(AzureError):  # it ends by itself
            lease.release()


@contextmanager
def _told(url: str) -> Iterator[None]:
    """What goes wrong with the blob, in a sentence."""
    from azure.core.exceptions import AzureError, HttpResponseError

    try:
        yield
    except HttpResponseError as error:
        if error.status_code in (409, 412):
            raise ResourceError(
                f"Another run has the history {url}.", "Wait until it is done, and try again."
            ) from error
        raise ResourceError(f"The history {url} answered {error.status_code}.", _RIGHT) from error
    except AzureError as error:
        raise ResourceError(f"The history {url} cannot be reached.", "Check the address and the network.") from error

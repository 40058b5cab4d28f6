"""Questions to the workspace that findings were sent to. Source: Azure Monitor, "Log Analytics query API"."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditor.model.errors import ResourceError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


class Workspace:
    """A workspace, by its id. `endpoint` and `audience` are those of the query service of its cloud."""

    def __init__(self, endpoint: str, audience: str, workspace: str, credential: TokenCredential) -> None:
        from azure.monitor.query import LogsQueryClient

        self._client = LogsQueryClient(credential, endpoint=endpoint, audience=audience)
        self._workspace = workspace

    def ask(self, query: str, span: tuple[datetime, datetime] | None = None) -> list[dict[str, Any]]:
        """The rows that answer a query in KQL; `span`: of records that arrived then. ResourceError when there is no
        whole answer."""
        from azure.core.exceptions import AzureError
        from azure.monitor.query import LogsQueryPartialResult

        try:
            answer = self._client.query_workspace(self._workspace, query, timespan=span)
        except AzureError as error:
            told = str(error).splitlines()[0][:300]
            raise ResourceError(
                f"The workspace could not be asked: {told}", "Log Analytics Reader on the workspace is needed."
            ) from error
        if isinstance(answer, LogsQueryPartialResult):
            raise ResourceError(f"The workspace answered in part only: {answer.partial_error}", "Ask again later.")
        table = answer.tables[0]
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]

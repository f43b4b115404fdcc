"""The store: an Oxigraph folder with one writer and readers of published snapshots."""

from kg.store.export import FORMATS, compressed, export
from kg.store.query import GRAPH_FORMATS, RESULT_FORMATS, query, syntax_error, write_result
from kg.store.records import DigestInfo, Records, decode, encode
from kg.store.snapshot import Snapshot, empty, open_snapshot, snapshot_id
from kg.store.writer import Writer, backup, open_writer, restore

__all__ = [
    "FORMATS",
    "GRAPH_FORMATS",
    "RESULT_FORMATS",
    "DigestInfo",
    "Records",
    "Snapshot",
    "Writer",
    "backup",
    "compressed",
    "decode",
    "empty",
    "encode",
    "export",
    "open_snapshot",
    "open_writer",
    "query",
    "restore",
    "snapshot_id",
    "syntax_error",
    "write_result",
]

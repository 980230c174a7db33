"""Protocol files: TOML in, a checked protocol out, and back again without loss; and the protocols that are shipped."""

from functools import lru_cache
from importlib.resources import files

import tomli_w

from planner.documents.edge import InvalidDocument, load, parse
from planner.documents.protocol_document import protocol_document
from planner.documents.protocol_file import ProtocolTable
from planner.domain.errors import InvalidValue
from planner.domain.protocol import Protocol


def read_protocol(text: str) -> Protocol:
    """Read a protocol file; raises InvalidDocument with the path of each wrong, unknown or unsourced field."""
    return parse(ProtocolTable, load(text, ".toml")).value()


def write_protocol(protocol: Protocol) -> str:
    """Write a protocol as TOML; raises InvalidDocument for one that could not be read back (a number unsourced)."""
    document = protocol_document(protocol)
    parse(ProtocolTable, document)
    return tomli_w.dumps(document)


def shipped() -> dict[str, Protocol]:
    """Give the protocols that come with planner, by name."""
    return {name: table.value() for name, table in _shipped_tables().items()}


def shipped_table(name: str) -> ProtocolTable:
    """Find a shipped protocol as it stands in its file; raises InvalidValue for an unknown name."""
    tables = _shipped_tables()
    if name not in tables:
        raise InvalidValue("", f"no protocol of this name is shipped; there are {', '.join(tables)}")
    return tables[name]


@lru_cache(maxsize=1)
def _shipped_tables() -> dict[str, ProtocolTable]:
    folder = files("planner") / "protocols"
    texts = {item.name: item.read_text(encoding="utf-8") for item in folder.iterdir() if item.name.endswith(".toml")}
    return {name.removesuffix(".toml"): _shipped_table(name, text) for name, text in sorted(texts.items())}


def _shipped_table(file: str, text: str) -> ProtocolTable:
    table = parse(ProtocolTable, load(text, ".toml"))
    if f"{table.name}.toml" != file:
        raise InvalidDocument([InvalidValue("name", f"{table.name} stands in the file {file}")])
    return table

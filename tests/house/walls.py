"""
Import contracts of our own, beside the ones that import-linter brings; `.importlinter` names them "pure" and "home".

Both judge direct imports only: what a library imports in turn is its own affair. Both say what is allowed rather than
what is forbidden, so they also stop the library that somebody adds tomorrow.
"""

import sys
from collections.abc import Iterable
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Wall(Contract):
    """A contract broken by single imports, of which it shows each with its line."""

    def find_breaches(self, graph: ImportGraph) -> Iterable[tuple[str, str]]:
        """Yield importer and imported of each import that should not be."""
        raise NotImplementedError

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        breaches = [
            f"{importer} -> {imported} (l.{detail['line_number']})"
            for importer, imported in sorted(self.find_breaches(graph))
            for detail in graph.get_import_details(importer=importer, imported=imported)
        ]
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for breach in check.metadata["breaches"]:
            output.print_error(f"- {breach}", bold=False)


class PureContract(Wall):
    """`package` imports itself and the standard library, less what `banned` names."""

    package: Any = fields.StringField()
    banned: Any = fields.SetField(subfield=fields.StringField())

    def find_breaches(self, graph: ImportGraph) -> Iterable[tuple[str, str]]:
        allowed = sys.stdlib_module_names - self.banned
        for importer in {self.package} | graph.find_descendants(self.package):
            for imported in graph.find_modules_directly_imported_by(importer):
                if not _is_in(imported, self.package) and imported.partition(".")[0] not in allowed:
                    yield importer, imported


class HomeContract(Wall):
    """`tenants` are imported from their `homes` only; a tenant whom nobody imports is no mistake."""

    tenants: Any = fields.SetField(subfield=fields.StringField())
    homes: Any = fields.SetField(subfield=fields.StringField())

    def find_breaches(self, graph: ImportGraph) -> Iterable[tuple[str, str]]:
        for tenant in self.tenants:
            for imported in (module for module in graph.modules if _is_in(module, tenant)):
                for importer in graph.find_modules_that_directly_import(imported):
                    if not any(_is_in(importer, home) for home in {tenant, *self.homes}):
                        yield importer, imported


def _is_in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")

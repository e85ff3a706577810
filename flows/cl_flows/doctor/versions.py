"""Whether what is installed fits together, by what distributions say of themselves. Imports none of them."""

import sys
from importlib.metadata import PackageNotFoundError, requires, version

from cl_flows.doctor.finding import Finding

# Whose requirements are looked at: ours, and those of the two that most often end up beside something else.
_DISTRIBUTIONS = ("labelgate", "prefect", "great-expectations")
_SHOWN = (
    "prefect",
    "fastapi",
    "sqlalchemy",
    "great-expectations",
    "numpy",
    "pandas",
    "scikit-learn",
    "pyarrow",
)


def look_at_versions() -> list[Finding]:
    """Say which versions are here, and each that another distribution here does not want."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    shown = ", ".join(f"{name} {_version(name) or 'missing'}" for name in _SHOWN)
    known = Finding("versions", "ok", f"labelgate {_version('labelgate')}, Python {python}, {shown}")
    return [known, *(finding for name in _DISTRIBUTIONS for finding in _unmet(name))]


def _unmet(distribution: str) -> list[Finding]:
    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(text) for text in requires(distribution) or ()]
    except PackageNotFoundError:
        return []
    return [
        _refused(distribution, need.name, str(need.specifier), found)
        for need in wanted
        if need.marker is None or need.marker.evaluate({"extra": ""})
        if (found := _version(need.name)) is None or not need.specifier.contains(found, prereleases=True)
    ]


def _refused(distribution: str, name: str, specifier: str, found: str | None) -> Finding:
    wanted = f"{name}{specifier}"
    here = f"{name} {found} is installed" if found else f"{name} is not installed"
    return Finding("versions", "problem", f"{here}, {distribution} wants {wanted}", f'pip install "{wanted}"')


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

"""How outcomes count: severities, waivers, prerequisites, and the presets that set them. No check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cl_core.verdict import Severity, Waiver

BUDGET = "noise-budget"


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of checks with their severities.

    Attributes
    ----------
    summary
        One line for people.
    checks
        Severity of each check that runs, by name, in the order they run.
    added
        Severity of the checks that people add themselves.
    """

    summary: str
    checks: Mapping[str, Severity]
    added: Severity = "fail"


# Nothing here needs an option: limits that fit every data set do not exist, apart from these defaults.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "standard": Preset(
            "the noise budget and what it rests on; contradicting duplicates are shown",
            MappingProxyType(
                {BUDGET: "fail", "model-quality": "fail", "coverage": "fail", "duplicates": "warn"}
            ),
        ),
        "strict": Preset(
            "also each class, changes against the last accepted run, duplicates and missing labels",
            MappingProxyType(
                {
                    BUDGET: "fail",
                    "model-quality": "fail",
                    "coverage": "fail",
                    "class-noise": "fail",
                    "noise-increase": "fail",
                    "classes": "fail",
                    "label-shift": "fail",
                    "missing-labels": "fail",
                    "duplicates": "fail",
                }
            ),
        ),
        "report-only": Preset(
            "all that `strict` looks at, and nothing of it stops a pipeline",
            MappingProxyType(
                {
                    BUDGET: "warn",
                    "model-quality": "warn",
                    "coverage": "warn",
                    "class-noise": "warn",
                    "noise-increase": "warn",
                    "classes": "warn",
                    "label-shift": "warn",
                    "missing-labels": "warn",
                    "duplicates": "warn",
                }
            ),
            added="warn",
        ),
    }
)

# An audit is a random sample: it holds whatever the model is worth and however rare a class is.
AUDIT_CHECKS = (BUDGET,)


@dataclass(frozen=True, slots=True)
class Policy:
    """How the outcomes of a run count.

    Attributes
    ----------
    preset
        Where the severities come from.
    severities
        Severity by name of check; a check that is not named fails the run.
    waivers
        In the order people wrote them.
    """

    preset: str = "standard"
    severities: Mapping[str, Severity] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()

    def severity_of(self, check: str) -> Severity:
        """Return the severity of a check."""
        return self.severities.get(check, "fail")

    @property
    def reporting_only(self) -> bool:
        """Whether the noise budget cannot fail the run."""
        return self.severity_of(BUDGET) != "fail"


def preset_table() -> str:
    """Write the presets as the Markdown table of docs/gate.md."""
    names = list(dict.fromkeys(check for preset in PRESETS.values() for check in preset.checks))
    head = ["| check | " + " | ".join(f"`{name}`" for name in PRESETS) + " |"]
    head.append("|---" * (len(PRESETS) + 1) + "|")
    rows = [
        f"| {name} | " + " | ".join(preset.checks.get(name, "–") for preset in PRESETS.values()) + " |"  # noqa: RUF001
        for name in names
    ]
    added = "| checks you add | " + " | ".join(preset.added for preset in PRESETS.values()) + " |"
    return "\n".join([*head, *rows, added])

"""What a page shows of a mark besides its row: the findings as they were structured, each check, and the answer itself."""

import json
from collections.abc import Sequence

from vae_course.checks.engine.findings import NOT_REACHED, CheckResult, Finding, Outcome
from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.keeping.texts import plain_text
from vae_course.teach.grading.reading.lint import LONGEST, Excerpt


def details_of(found: Outcome, code: Sequence[Excerpt]) -> str:
    """As JSON, every text of it harmless.

    findings: "certain" and "numbers", lists of sentences, "likely", a sentence or nothing, and "rows", pairs.
    checks: their names, "passed", "not passed" or "not reached", their points and how many there are.
    code: places, the numbers of the first lines, and texts.
    line: of what was raised, as "line 3: return x".
    """
    most = {check.name: check.points for check in EXERCISES[found.exercise].checks}
    return json.dumps(
        {
            "findings": [_finding(finding) for finding in found.findings],
            "checks": [[check.name, _how(check), check.points, most.get(check.name, 0)] for check in found.checks],
            "code": [[plain_text(one.place), one.first, plain_text(one.text, LONGEST)] for one in code],
            "line": plain_text(next((finding.line for finding in found.findings if finding.line), "")),
        },
        ensure_ascii=False,
    )


def _how(check: CheckResult) -> str:
    return "passed" if check.passed else "not passed" if check.reached else NOT_REACHED


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "certain": [plain_text(line) for line in finding.certain],
        "likely": plain_text(finding.likely),
        "numbers": [plain_text(sentence) for sentence in finding.reading.sentences],
        "rows": [[plain_text(name), plain_text(value)] for name, value in finding.reading.table],
    }

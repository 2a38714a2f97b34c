"""HTTP to action: texts in, verdicts out. Nothing of a text is kept."""

import asyncio

from fastapi import APIRouter

from chassis.http import Caller, SessionDep, operation
from chassis.service import Runtime
from contracts.values import Scope
from services.compliance.scanning import actions
from services.compliance.scanning.lexicon import shipped
from services.compliance.scanning.rules.values import Finding, Verdict
from services.compliance.scanning.schemas import FindingOut, ResultOut, ScanIn, ScanOut, Suggestion

router = APIRouter(tags=["wording"])


async def load(runtime: Runtime) -> None:
    """Read and check the lexicon at start: a service whose lexicon is wrong does not come up."""
    await asyncio.to_thread(shipped)


@router.post("/v1/scan", **operation(scope=Scope.CONTENT_SCAN, errors={actions.TooMuchText: 422}))
async def scan_texts(body: ScanIn, caller: Caller, session: SessionDep) -> ScanOut:
    """What in texts may not be said (H23, H29), at which place, by which clause, and what to write instead; up to 1,000 texts."""
    scanner = shipped()
    texts = [actions.Text(text.text, text.kind, text.product_class) for text in body.texts]
    verdicts = await actions.scan(session, scanner=scanner, texts=texts, caller=caller)
    return ScanOut(
        lexicon_version=scanner.lexicon.version,
        passes=all(verdict.passes for verdict in verdicts),
        results=[_result(verdict) for verdict in verdicts],
    )


def _result(verdict: Verdict) -> ResultOut:
    findings = [_finding(finding) for finding in verdict.findings]
    return ResultOut(passes=verdict.passes, complete=verdict.complete, findings=findings)


def _finding(finding: Finding) -> FindingOut:
    return FindingOut(
        rule=finding.rule,
        phrase=finding.phrase,
        start=finding.start,
        end=finding.end,
        clause=finding.advice.clause,
        suggestion=Suggestion(zh=finding.advice.suggestion["zh"], en=finding.advice.suggestion["en"]),
    )

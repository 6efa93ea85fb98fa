"""The findings as people read them: a table, then what to do, the gravest first."""

from host_check.finding import ADVICE, CHANGE
from host_check.host import as_cpu_list

COLUMN_WIDTH_MAX = 48
TITLES = {CHANGE: "Has to change", ADVICE: "Would be better"}


def table(findings, wants):
    rows = [("what", "found", "wanted", "verdict")] + [(f.what, f.found, f.wanted, f.verdict) for f in findings]
    widths = [min(COLUMN_WIDTH_MAX, max(len(row[column]) for row in rows)) for column in range(4)]
    lines = [f"For {wants.backend} on CPUs {as_cpu_list(wants.cpus)}, {wants.participants} participants each:", ""]
    for row in rows:
        lines.append("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())
        if row is rows[0]:
            lines.append("  ".join("-" * width for width in widths))
    for verdict, title in TITLES.items():
        for finding in findings:
            if finding.verdict == verdict:
                lines += ["", f"{title}: {finding.what} {finding.found}" + (f". {_sentence(finding.why)}" if finding.why else "")]
                lines += [f"    {command}" for command in finding.commands]
    if all(finding.verdict not in TITLES for finding in findings):
        lines += ["", "Nothing to change."]
    return "\n".join(lines)


def _sentence(text):
    return text[0].upper() + text[1:] + "."

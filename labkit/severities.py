"""How bad a finding of an audit is, the worst first. Imports nothing: the command line names them before it audits."""

SEVERITIES = ("critical", "high", "medium", "low")

"""Shell cells work on Windows, which README promises, or the Windows form stands beside them.

IPython gives a `!` line to cmd.exe there, after it has put a line ended by a backslash together with the next one. So a
cell needs no POSIX shell; whoever copies it into a terminal does.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat import NotebookNode

# Programs that every installation has: aws from our packages, openssl from conda (environment.yml).
EVERYWHERE = {"aws", "openssl", "labkit", "python"}
# What only a POSIX shell or system takes, with the reason.
POSIX = {
    "single quotes": r"'",
    "a variable of the shell": r"\$\w|\$\{",
    "a command's output": r"\$\(|`",
    "a heredoc": r"<<",
    "a device": r"/dev/",
    "a backslash at the end of a line": r"\\\n",
    "a home folder": r"(?<![\w/])~/",
    "a command after another": r";",
    "a temporary folder": r"/tmp\b",
    "a setting before a command": r"^\s*[A-Z_]+=\S+ ",
}
# A cell that cmd.exe runs as it stands: it must not need the cell's reader to do anything.
JOINED_BY_IPYTHON = "a backslash at the end of a line"


def shell_commands(source: str) -> list[str]:
    """The shell's part of a code cell: `!` lines with those that continue them, and `%%sh` cells whole."""
    if re.match(r"%%(bash|sh|script|!)", source):
        return [source.partition("\n")[2]]
    found = re.findall(r"^\s*(?:[\w, ]+= *)?!{1,2}((?:.*\\\n)*.*)", source, re.MULTILINE)
    return [*found, *re.findall(r"^\s*%s[xc] +((?:.*\\\n)*.*)", source, re.MULTILINE)]


def programs(command: str) -> set[str]:
    """The programs that a command runs, by name."""
    outside = re.sub(r'"[^"]*"', '""', command.replace("\\\n", " "))
    parts = re.split(r"\|\|?|&&|;|\n", outside)
    return {words[0] for words in map(str.split, parts) if words}


def posix_only(command: str) -> set[str]:
    """What of a command does not work in a Windows terminal."""
    python = re.sub(r"\{[^{}]*\}", "", command)  # IPython puts the value of an expression there
    found = {what for what, pattern in POSIX.items() if re.search(pattern, python, re.MULTILINE)}
    return found | {f"the program {name}" for name in programs(python) - EVERYWHERE}


def text_beside(notebook: NotebookNode, index: int) -> str:
    """The markdown right before and after a cell."""
    near = [notebook.cells[each] for each in (index - 1, index + 1) if 0 <= each < len(notebook.cells)]
    return "\n".join(cell.source for cell in near if cell.cell_type == "markdown")


def shell_fences(source: str) -> list[str]:
    """Commands in the text, fenced as such."""
    return re.findall(r"^```(?:sh|bash|shell|console)\n(.*?)^```", source, re.MULTILINE | re.DOTALL)


def test_cells_run_on_windows(notebook: NotebookNode) -> None:
    """As they stand: nothing in them but what cmd.exe takes, and a learner there has."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    commands = [command for source in code for command in shell_commands(source)]
    wrong = {command: posix_only(command) - {JOINED_BY_IPYTHON} for command in commands}
    assert {command: what for command, what in wrong.items() if what} == {}


def test_what_is_copied_has_its_windows_form_beside_it(notebook: NotebookNode) -> None:
    """In a terminal nobody joins lines: the text beside a cell, or round a fenced command, says what to do there."""
    for index, cell in enumerate(notebook.cells):
        code = cell.cell_type == "code"
        commands = shell_commands(cell.source) if code else shell_fences(cell.source)
        beside = text_beside(notebook, index) if code else cell.source
        for command in commands:
            assert "Windows" in beside or not posix_only(command), f"{posix_only(command)} in {command}"


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("!aws kms list-keys --query 'Keys[]'", {"single quotes"}),
        ("blob = !aws kms encrypt --key-id {key['KeyId']} --query CiphertextBlob", set()),
        ("!aws kms list-keys | grep 1234", {"the program grep"}),
        ("    !cat secret.txt", {"the program cat"}),
        ("!aws kms list-keys --region $AWS_REGION", {"a variable of the shell"}),
        ("!aws kms describe-key --key-id $(cat id)", {"a command's output"}),
        ("!aws kms list-keys \\\n    --output text", {"a backslash at the end of a line"}),
        ("!aws kms list-keys > /dev/null", {"a device"}),
        ("!AWS_REGION=eu-west-1 aws kms list-keys", {"a setting before a command", "the program AWS_REGION=eu-west-1"}),
        ("%%bash\naws kms list-keys\nls", {"the program ls"}),
        ("%sx ls", {"the program ls"}),
        ('x = {"a": 1}\n!aws kms list-keys --query "Keys[?a | b]" --output text', set()),
        ('path = "!not a command"', set()),
    ],
)
def test_what_is_looked_for(source: str, needs: set[str]) -> None:
    """Specimens."""
    assert set().union(*map(posix_only, shell_commands(source))) == needs


def test_programs_of_cells_come_with_conda(checkout: Path) -> None:
    """openssl is a package of the environment that README names for Windows."""
    assert re.search(r"^  - openssl\b", (checkout / "environment.yml").read_text(encoding="utf-8"), re.MULTILINE)

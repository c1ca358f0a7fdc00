"""docs/commands.md and the shells' completions, made of the commands' own tables.

`python -m zkbroker.cli.command_docs` prints the page, `zkbroker completion` a shell's completions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from zkbroker.cli.commands import MODULES, tool_named
from zkbroker.cli.options import Option
from zkbroker.cli.tool import Tool, explained

INTRODUCTION: Final = """\
# Commands

Made by `python -m zkbroker.cli.command_docs` of the commands' own tables; a test compares.

Kafka's commands are installed under their names, with and without `.sh`, and lie in `scripts/`. They take Kafka 3.9's
options, print what Kafka prints and end with Kafka's exit codes, without a JVM. Beyond Kafka: `--output json` and
`--output csv` print for programs, one sentence says what went wrong, and no failure ends with 0.

On a terminal results are coloured, lists that are longer than the screen go to the pager (`PAGER`, or `less`), and what
takes longer than a moment says so on standard error. `NO_COLOR=1` takes the colours away, `PAGER=` the pager,
`TERM=dumb` all of it. Into a file or a pipe, and with `--output json` or `csv`, goes what Kafka prints, and nothing
else. Records are never coloured.

`zkbroker completion bash` (or `zsh`, `fish`) prints completions for the shell.

## Cheat sheet

| Kafka | here | does |
|---|---|---|
"""


def page() -> str:
    """docs/commands.md."""
    tools = [tool_named(name) for name in MODULES]
    lines = [INTRODUCTION.rstrip()]
    lines += [f"| `{tool.name}.sh` | `{tool.name}` | {_first_sentence(tool)} |" for tool in tools]
    for tool in tools:
        lines += ["", f"## {tool.name}", "", f"{tool.purpose} In place of `{tool.kafka_class}`."]
        lines += _described(tool)
        for action in tool.actions:
            lines += ["", f"### {action.name}", "", action.purpose, *_described(action)]
    return "\n".join(lines) + "\n"


def _first_sentence(tool: Tool) -> str:
    return tool.purpose.partition(". ")[0].rstrip(".").replace("|", "\\|")


def _described(tool: Tool) -> Iterator[str]:
    if tool.words:
        yield from ["", f"`{tool.name} [OPTION...] {tool.words}`"]
    if tool.options:
        yield from ["", "| option | |", "|---|---|"]
    for option in sorted(tool.options, key=lambda option: option.name):
        usage = option.usage.replace("|", "\\|")
        yield f"| `{usage}` | {explained(option).replace('|', chr(92) + '|')} |"
    if tool.examples:
        yield from ["", "```", *tool.examples, "```"]


# ---------------------------------------------------------------------------------------------- completion


def completion(shell: str) -> str:
    """A script for the shell. Raises: KeyError for one that is not known."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]()


def _options(tool: Tool) -> list[Option]:
    """Of the tool and of its actions, each once."""
    found = {option.name: option for each in (tool, *tool.actions) for option in each.all_options}
    return [found[name] for name in sorted(found)]


def _tools() -> list[Tool]:
    return [tool_named(name) for name in MODULES]


def _bash() -> str:
    lines = [
        "# Completions of Kafka's commands for bash.",
        "_zkbroker_complete() {",
        '    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words files',
        '    case "$(basename "${COMP_WORDS[0]}" .sh)" in',
    ]
    for tool in _tools():
        files = " ".join(f"--{option.name}" for option in _options(tool) if option.completes == "file")
        words = [action.name.split()[-1] for action in tool.actions]
        words += [f"--{option.name}" for option in _options(tool)]
        lines.append(f'        {tool.name}) words="{" ".join(words)}"; files="{files}" ;;')
    lines += [
        "    esac",
        '    if [[ " $files " == *" $previous "* && -n "$files" ]]; then',
        '        mapfile -t COMPREPLY < <(compgen -f -- "$current")',
        "    else",
        '        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")',
        "    fi",
        "}",
    ]
    names = [name for tool in _tools() for name in (tool.name, f"{tool.name}.sh")]
    lines.append(f"complete -F _zkbroker_complete {' '.join(names)}")
    return "\n".join(lines) + "\n"


def _zsh() -> str:
    lines = ["# Completions of Kafka's commands for zsh, after compinit."]
    for tool in _tools():
        function = "_" + tool.name.replace("-", "_")
        lines.append(f"{function}() {{")
        lines.append("    _arguments \\")
        for option in _options(tool):
            text = explained(option).replace("[", "(").replace("]", ")").replace("'", "’").replace(":", "\\:")
            argument = ""
            if option.value is not None:
                value = option.value.replace(":", "\\:").replace("'", "’")
                argument = f":{value}:" + ("_files" if option.completes == "file" else "")
            many = "*" if option.many else ""
            lines.append(f"        '{many}--{option.name}[{text}]{argument}' \\")
        actions = " ".join(action.name.split()[-1] for action in tool.actions)
        lines.append(f"        '1:action:({actions})'" if actions else "        '*:: :'")
        lines += ["}", f"compdef {function} {tool.name} {tool.name}.sh"]
    return "\n".join(lines) + "\n"


def _fish() -> str:
    lines = ["# Completions of Kafka's commands for fish."]
    for tool in _tools():
        for name in (tool.name, f"{tool.name}.sh"):
            for action in tool.actions:
                word, text = action.name.split()[-1], _quoted(action.purpose)
                lines.append(f"complete -c {name} -f -n __fish_use_subcommand -a {word} -d {text}")
            for option in _options(tool):
                takes = "" if option.value is None else (" -r" if option.completes == "file" else " -x")
                dash = "-l" if len(option.name) > 1 else "-s"
                lines.append(
                    f"complete -c {name} {dash} {option.name}{takes} -d {_quoted(explained(option))}"
                )
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


if __name__ == "__main__":
    sys.stdout.write(page())

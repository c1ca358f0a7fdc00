"""docs/commands.md and the shells' completions, made of the commands' own tables.

`python -m zkbroker.cli.command_docs` prints the page, `zkbroker completion` a shell's completions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
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

`zkbroker completion bash` (or `zsh`, `fish`) prints completions of all of them for the shell.

Our own commands are `zkbroker` and `acl`, at the end of this page; docs/acl.md is a tour of the latter. They end with 0
when done, 1 when refused or failed, 2 when used wrongly.

## Cheat sheet

| Kafka | here | does |
|---|---|---|
"""


def page() -> str:
    """docs/commands.md."""
    tools = [tool_named(name) for name in MODULES]
    lines = [INTRODUCTION.rstrip()]
    lines += [f"| `{tool.name}.sh` | `{tool.name}` | {_first_sentence(tool)} |" for tool in tools]
    for tool in [*tools, *_own()]:
        place = f" In place of `{tool.kafka_class}`." if tool.kafka_class else ""
        lines += ["", f"## {tool.name}", "", tool.purpose + place]
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


# ---------------------------------------------------------------------------------------------- our own commands


def _own() -> list[Tool]:
    """`zkbroker` and `acl`, which argparse reads, in the form of Kafka's."""
    from acl.__main__ import parser as acl_parser
    from zkbroker.cli.main import parser as zkbroker_parser

    return [_of_parser(zkbroker_parser()), _of_parser(acl_parser())]


def _of_parser(parser: argparse.ArgumentParser) -> Tool:
    return _tool(
        parser, parser.description or "", [_tool(below, text, ()) for below, text in _leaves(parser)]
    )


def _leaves(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """The parsers of the commands below, and of theirs, each with what it is for."""
    for action in parser._actions:  # argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):
            texts = {each.dest: each.help or "" for each in action._choices_actions}
            for name, below in action.choices.items():
                deeper = list(_leaves(below))
                yield from deeper or [(below, below.description or f"{texts[name].capitalize()}.")]


def _tool(parser: argparse.ArgumentParser, description: str, actions: Sequence[Tool]) -> Tool:
    options, words = [], []
    for action in parser._actions:
        if action.help == argparse.SUPPRESS or isinstance(
            action, argparse._SubParsersAction | argparse._HelpAction | argparse._VersionAction
        ):
            continue
        takes = action.nargs != 0
        shown = action.metavar if isinstance(action.metavar, str) else action.dest
        if action.choices is not None and action.metavar is None:
            shown = "|".join(map(str, action.choices))
        if not action.option_strings:
            optional = action.nargs in ("?", "*")
            shown += "..." if action.nargs in ("+", "*") else ""
            words.append(f"[{shown}]" if optional else shown)
            continue
        options.append(
            Option(
                action.option_strings[-1].lstrip("-"),
                (action.help or "").replace("%(default)s", str(action.default)),
                shown if takes else None,
                choices=tuple(map(str, action.choices or ())),
                completes="file" if action.type is Path or shown in ("FILE", "DIR") else "",
            )
        )
    return Tool(
        name=parser.prog,
        purpose=_first_paragraph(description),
        options=options,
        run=_nothing,
        kafka_class="",
        words=" ".join(words),
        actions=actions,
    )


def _first_paragraph(text: str) -> str:
    return " ".join(text.strip().partition("\n\n")[0].split())


def _nothing(parsed: object) -> int:
    raise AssertionError("argparse reads these")


# ---------------------------------------------------------------------------------------------- completion


def completion(shell: str) -> str:
    """A script for the shell. Raises: KeyError for one that is not known."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]()


def _all_options(tool: Tool) -> list[Option]:
    """Of the tool and of its actions, each once."""
    found = {option.name: option for each in (tool, *tool.actions) for option in each.all_options}
    return [found[name] for name in sorted(found)]


def _tools() -> list[Tool]:
    return [*(tool_named(name) for name in MODULES), *_own()]


def _names(tool: Tool) -> list[str]:
    """What it is called by."""
    return [tool.name] if not tool.kafka_class else [tool.name, f"{tool.name}.sh"]


def _levels(tool: Tool) -> dict[str, list[str]]:
    """What may come next behind which action: "" is none yet."""
    levels: dict[str, list[str]] = {"": []}
    for action in tool.actions:
        words = action.name.split()[1:]
        for depth, word in enumerate(words):
            before = levels.setdefault(" ".join(words[:depth]), [])
            if word not in before:
                before.append(word)
        levels[" ".join(words)] = [_dashed(option) for option in action.all_options]
    levels[""] += [_dashed(option) for option in tool.all_options]
    return levels


def _dashed(option: Option) -> str:
    return f"--{option.name}" if len(option.name) > 1 else f"-{option.name}"


def _bash() -> str:
    lines = [
        "# Completions of Kafka's commands, zkbroker and acl for bash.",
        "_zkbroker_complete() {",
        '    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words files=""',
        '    local line=" ${COMP_WORDS[*]:1:COMP_CWORD-1} "',
        '    case "$(basename "${COMP_WORDS[0]}" .sh)" in',
    ]
    for tool in _tools():
        options = _all_options(tool)
        levels = _levels(tool)
        lines += [f"        {tool.name})", '            case "$line" in']
        for level in sorted(filter(None, levels), key=lambda level: -level.count(" ")):
            lines.append(f'                *" {level} "*) words="{" ".join(levels[level])}" ;;')
        lines += [f'                *) words="{" ".join(levels[""])}" ;;', "            esac"]
        files = " ".join(_dashed(option) for option in options if option.completes == "file")
        lines.append(f'            files="{files}"')
        for option in options:
            if option.choices:
                values = " ".join(option.choices)
                lines.append(f'            [[ "$previous" == {_dashed(option)} ]] && words="{values}"')
        lines.append("            ;;")
    lines += [
        "    esac",
        '    if [[ -n "$files" && " $files " == *" $previous "* ]]; then',
        '        mapfile -t COMPREPLY < <(compgen -f -- "$current")',
        "    else",
        '        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")',
        "    fi",
        "}",
    ]
    names = [name for tool in _tools() for name in _names(tool)]
    lines.append(f"complete -F _zkbroker_complete {' '.join(names)}")
    return "\n".join(lines) + "\n"


def _zsh() -> str:
    lines = ["# Completions of Kafka's commands, zkbroker and acl for zsh, after compinit."]
    for tool in _tools():
        function = "_" + tool.name.replace("-", "_")
        lines.append(f"{function}() {{")
        lines.append("    _arguments \\")
        for option in _all_options(tool):
            text = explained(option).replace("[", "(").replace("]", ")").replace("'", "’").replace(":", "\\:")
            argument = ""
            if option.value is not None:
                value = option.value.replace(":", "\\:").replace("'", "’")
                offered = "_files" if option.completes == "file" else ""
                argument = f":{value}:" + (f"({' '.join(option.choices)})" if option.choices else offered)
            many = "*" if option.many else ""
            lines.append(f"        '{many}{_dashed(option)}[{text}]{argument}' \\")
        first = [word for word in _levels(tool)[""] if not word.startswith("-")]
        lines.append(f"        '1:action:({' '.join(first)})' '*:: :_files'" if first else "        '*:: :'")
        lines += ["}", f"compdef {function} {' '.join(_names(tool))}"]
    return "\n".join(lines) + "\n"


def _fish() -> str:
    lines = ["# Completions of Kafka's commands, zkbroker and acl for fish."]
    for tool in _tools():
        for name in _names(tool):
            for action in tool.actions:
                first, text = action.name.split()[1], _quoted(action.purpose)
                lines.append(f"complete -c {name} -f -n __fish_use_subcommand -a {first} -d {text}")
                for word in action.name.split()[2:]:
                    lines.append(f"complete -c {name} -f -n '__fish_seen_subcommand_from {first}' -a {word}")
                seen = f"-n '__fish_seen_subcommand_from {action.name.split()[-1]}'"
                lines += [_fish_line(f"{name} {seen}", option) for option in action.all_options]
            lines += [_fish_line(name, option) for option in tool.all_options]
    return "\n".join(lines) + "\n"


def _fish_line(of: str, option: Option) -> str:
    takes = "" if option.value is None else (" -r" if option.completes == "file" else " -x")
    if option.choices:
        takes += f" -a {_quoted(' '.join(option.choices))}"
    dash = "-l" if len(option.name) > 1 else "-s"
    return f"complete -c {of} {dash} {option.name}{takes} -d {_quoted(explained(option))}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


if __name__ == "__main__":
    sys.stdout.write(page())

"""`zkbroker completion`: completions of Kafka's commands, for a shell."""

from __future__ import annotations

import argparse
import sys
from typing import Any

DESCRIPTION = """\
Print completions of Kafka's commands, zkbroker and acl for a shell.

  eval "$(zkbroker completion bash)"                                     # in ~/.bashrc
  eval "$(zkbroker completion zsh)"                                      # in ~/.zshrc, after compinit
  zkbroker completion fish > ~/.config/fish/completions/zkbroker.fish
"""


def add_to(commands: Any) -> None:
    command: argparse.ArgumentParser = commands.add_parser(
        "completion",
        help="completions for bash, zsh and fish",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("shell", choices=("bash", "zsh", "fish"))
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from zkbroker.cli.command_docs import completion

    sys.stdout.write(completion(arguments.shell))
    return 0
